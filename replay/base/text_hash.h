#ifndef PLUMBLINE_REPLAY_BASE_TEXT_HASH_H_
#define PLUMBLINE_REPLAY_BASE_TEXT_HASH_H_

#include <cstdint>
#include <cstring>
#include <string_view>

namespace plumbline::replay {

inline uint64_t LoadWord(const char* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// The two halves of the 128-bit product, folded.
inline uint64_t FoldedProduct(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// 64 bits that spread texts over partitions, the same in every process. No
// protection against whoever builds colliding texts: equality is always
// settled on the texts themselves. O(length), about 3 ns for 16 bytes.
inline uint64_t HashText(std::string_view text, uint64_t seed = 0) {
  constexpr uint64_t kFirst = 0x9E3779B97F4A7C15;
  constexpr uint64_t kSecond = 0xD1B54A32D192ED03;
  const char* at = text.data();
  size_t left = text.size();
  // The length is spread so that it cannot undo a difference of letters.
  uint64_t state = seed ^ kFirst ^ (text.size() * kSecond);
  for (; left > 16; at += 16, left -= 16) {
    state =
        FoldedProduct(LoadWord(at) ^ kSecond, LoadWord(at + 8) ^ state) + left;
  }
  uint64_t a = 0;
  uint64_t b = 0;
  if (left >= 8) {
    a = LoadWord(at);
    b = LoadWord(at + left - 8);
  } else if (left >= 4) {
    uint32_t low, high;
    std::memcpy(&low, at, sizeof low);
    std::memcpy(&high, at + left - 4, sizeof high);
    a = low;
    b = high;
  } else if (left > 0) {
    a = static_cast<uint64_t>(static_cast<unsigned char>(at[0])) << 16 |
        static_cast<uint64_t>(static_cast<unsigned char>(at[left / 2])) << 8 |
        static_cast<unsigned char>(at[left - 1]);
  }
  return FoldedProduct(FoldedProduct(a ^ kSecond, b ^ state) ^ kSecond, kFirst);
}

// Maps a hash to [0, parts) by its high bits.
inline uint32_t PartOf(uint64_t hash, uint32_t parts) {
  return static_cast<uint32_t>((hash >> 32) * parts >> 32);
}

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_BASE_TEXT_HASH_H_
