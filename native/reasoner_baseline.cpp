// The kernels of reasoners for every processor: vectors of four.
#define KERNELS baseline
#define KERNELS_NAME "baseline"
#define LANES 4
#include "reasoner_kernels.inc"

const zeroloop::Kernels* zeroloop::baseline_kernels() { return &baseline::kKernels; }
