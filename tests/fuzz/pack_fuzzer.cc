// libFuzzer: fed by the seeds in tests/fuzz/seeds and by what it finds.
#include "tests/fuzz/fuzz_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  plumbline::audit::FuzzPack(data, size);
  return 0;
}
