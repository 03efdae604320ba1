#ifndef PLUMBLINE_TESTS_FUZZ_FUZZ_FOLDER_H_
#define PLUMBLINE_TESTS_FUZZ_FUZZ_FOLDER_H_

#include <cstddef>
#include <cstdint>

namespace plumbline::replay {

// Reads any bytes as a log folder: the parts between lines "====" are its
// log.textproto, the mapping given with --mapping, and a table. A part that is
// empty is not there. Ingests with one thread and with three and aborts when
// the two ways differ or a message has not the form "name:line:column: ...".
// Whatever the bytes, nothing may crash.
void FuzzFolder(const uint8_t* data, size_t size);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_TESTS_FUZZ_FUZZ_FOLDER_H_
