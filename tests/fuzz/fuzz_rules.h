#ifndef PLUMBLINE_TESTS_FUZZ_FUZZ_RULES_H_
#define PLUMBLINE_TESTS_FUZZ_FUZZ_RULES_H_

#include <cstddef>
#include <cstdint>

namespace plumbline::audit {

// Reads any bytes as a formula in each domain, and aborts unless it is either
// read or refused with words and a place inside the text.
void FuzzExpression(const uint8_t* data, size_t size);

// Reads any bytes as a rule pack, and aborts when a refusal has not the form
// "name:line:column: ... found ... expected ..." or the same bytes are told
// otherwise the second time. Whatever the bytes, nothing may crash.
void FuzzPack(const uint8_t* data, size_t size);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_TESTS_FUZZ_FUZZ_RULES_H_
