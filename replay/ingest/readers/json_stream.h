#ifndef PLUMBLINE_REPLAY_INGEST_READERS_JSON_STREAM_H_
#define PLUMBLINE_REPLAY_INGEST_READERS_JSON_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "arrow/io/interfaces.h"
#include "arrow/status.h"

namespace plumbline::replay {

// Walks over the outside of one JSON text that may be larger than memory: it
// finds where values end and leaves what is in them to JsonWalker. Memory: the
// bytes of one read, and what is kept. Blanks before a step are passed.
class JsonStream {
 public:
  enum class Step {
    kGood,
    kOther,    // Something else stands there.
    kCutOff,   // The text ends before the value does.
    kTooLong,  // The value is longer than the limit.
    kBroken    // The stream cannot be read: status().
  };

  // `read_bytes` is how much is read at a time.
  JsonStream(std::shared_ptr<arrow::io::InputStream> stream, size_t read_bytes);

  Step Take(char c);
  Step AtEnd();
  // Passes one value of any kind and appends it as it is written to `kept`,
  // unless that is null. `limit` bounds what is kept.
  Step Value(size_t limit, std::string* kept);

  const arrow::Status& status() const { return status_; }

 private:
  // The next byte that is no blank is at rest_[at_]; kCutOff at the end.
  Step Blank();
  Step Refill();

  std::shared_ptr<arrow::io::InputStream> stream_;
  size_t read_bytes_;
  std::string rest_;
  size_t at_ = 0;
  arrow::Status status_;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_READERS_JSON_STREAM_H_
