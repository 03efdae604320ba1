#ifndef PLUMBLINE_REPLAY_INGEST_JSON_WALKER_H_
#define PLUMBLINE_REPLAY_INGEST_JSON_WALKER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace plumbline::replay {

// Walks over one JSON text (strict RFC 8259, nested at most 64 deep) from the
// front. Each step passes blanks first and is false where something else
// stands there; after a false the walker is of no more use. The text must
// outlive the walker. Linear in what is passed.
class JsonWalker {
 public:
  explicit JsonWalker(std::string_view text) : rest_(text) {}

  bool AtEnd();
  bool Take(char c);
  char Peek();  // 0 at the end.

  // A string without quotes and escapes.
  bool String(std::string* value);
  // Any value: a string as String, null as nothing, others as they are
  // written.
  bool Value(std::string* value, int depth = 0);

 private:
  static bool Number(std::string_view word);
  bool Skip(int depth);  // An object or array, past its end.
  bool Hex(uint32_t* code);
  void Blank();

  std::string_view rest_;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_JSON_WALKER_H_
