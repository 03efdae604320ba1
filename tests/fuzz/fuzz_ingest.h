#ifndef PLUMBLINE_TESTS_FUZZ_FUZZ_INGEST_H_
#define PLUMBLINE_TESTS_FUZZ_FUZZ_INGEST_H_

#include <cstddef>
#include <cstdint>

namespace plumbline::replay {

// Reads any bytes as a file of the log, in small blocks with two threads and
// then in one with one, and aborts when the two ways differ or a message has
// not the form "name:line:column: ...". Whatever the bytes, nothing may crash.
void FuzzIngest(const uint8_t* data, size_t size);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_TESTS_FUZZ_FUZZ_INGEST_H_
