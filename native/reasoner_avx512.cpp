// The kernels of reasoners for AVX-512; CMakeLists.txt gives this file the flags on x86-64.
#include "reasoner_kernels.hpp"

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define KERNELS avx512
#define KERNELS_NAME "avx512"
#define LANES 16
#include "reasoner_kernels.inc"

const zeroloop::Kernels* zeroloop::avx512_kernels() { return &avx512::kKernels; }
#else
const zeroloop::Kernels* zeroloop::avx512_kernels() { return nullptr; }
#endif
