// The kernels of reasoners for AVX2 with FMA; CMakeLists.txt gives this file the flags on x86-64.
#include "reasoner_kernels.hpp"

#if defined(__AVX2__) && defined(__FMA__)
#define KERNELS avx2
#define KERNELS_NAME "avx2"
#define LANES 8
#include "reasoner_kernels.inc"

const zeroloop::Kernels* zeroloop::avx2_kernels() { return &avx2::kKernels; }
#else
const zeroloop::Kernels* zeroloop::avx2_kernels() { return nullptr; }
#endif
