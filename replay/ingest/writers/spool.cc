#include "replay/ingest/writers/spool.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "replay/base/units.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

void PutNumber(int64_t number, std::string* bytes) {
  char raw[sizeof number];
  std::memcpy(raw, &number, sizeof number);
  bytes->append(raw, sizeof number);
}

void PutTexts(const std::vector<std::string_view>& texts, std::string* bytes) {
  for (const std::string_view text : texts) {
    PutNumber(static_cast<int64_t>(text.size()), bytes);
    bytes->append(text);
  }
}

// A batch read back; texts point into `bytes`.
struct Unpacked {
  std::string bytes;
  std::vector<int64_t> lines;
  std::map<int, std::vector<int64_t>> numbers;
  std::map<int, std::vector<std::string_view>> texts;
  std::map<std::string_view, std::vector<std::string_view>> free;
};

class Unpacker {
 public:
  explicit Unpacker(Unpacked* to) : to_(*to) {}

  void Run() {
    const auto rows = static_cast<size_t>(Number());
    to_.lines = Numbers(rows);
    for (int64_t left = Number(); left > 0; --left) {
      const auto column = static_cast<int>(Number());
      if (Number() != 0) {
        to_.numbers[column] = Numbers(rows);
      } else {
        to_.texts[column] = Texts(rows);
      }
    }
    for (int64_t left = Number(); left > 0; --left) {
      const std::string_view name = Text();
      to_.free[name] = Texts(rows);
    }
  }

 private:
  int64_t Number() {
    int64_t number = 0;
    std::memcpy(&number, to_.bytes.data() + at_, sizeof number);
    at_ += sizeof number;
    return number;
  }
  std::string_view Text() {
    const auto size = static_cast<size_t>(Number());
    at_ += size;
    return std::string_view(to_.bytes).substr(at_ - size, size);
  }
  std::vector<int64_t> Numbers(size_t rows) {
    std::vector<int64_t> numbers(rows);
    std::memcpy(numbers.data(), to_.bytes.data() + at_, rows * sizeof(int64_t));
    at_ += rows * sizeof(int64_t);
    return numbers;
  }
  std::vector<std::string_view> Texts(size_t rows) {
    std::vector<std::string_view> texts;
    texts.reserve(rows);
    for (size_t i = 0; i < rows; ++i) texts.push_back(Text());
    return texts;
  }

  Unpacked& to_;
  size_t at_ = 0;
};

}  // namespace

Spool::Spool(int threads, std::string scratch)
    : scratch_(std::move(scratch)), shards_(static_cast<size_t>(threads)) {}

absl::Status Spool::Accept(int thread, const RecordBatch& batch) {
  if (batch.rows == 0) return absl::OkStatus();
  Shard& shard = shards_[static_cast<size_t>(thread)];
  if (shard.file == nullptr) {
    auto file = ScratchFile::Create(scratch_);
    if (!file.ok()) return file.status();
    shard.file = std::make_unique<ScratchFile>(*std::move(file));
  }
  std::string& bytes = shard.bytes;
  bytes.clear();
  PutNumber(static_cast<int64_t>(batch.rows), &bytes);
  for (const int64_t line : batch.lines) PutNumber(line, &bytes);
  // A column without a known cell is left out, as one that is not there.
  std::vector<const ColumnData*> columns;
  for (const ColumnData& column : batch.columns) {
    const bool known =
        std::any_of(column.numbers.begin(), column.numbers.end(), IsKnown) ||
        std::any_of(column.texts.begin(), column.texts.end(),
                    [](auto text) { return !text.empty(); });
    if (known) columns.push_back(&column);
  }
  PutNumber(static_cast<int64_t>(columns.size()), &bytes);
  for (const ColumnData* column : columns) {
    shard.columns[batch.table][column->column] = true;
    PutNumber(column->column, &bytes);
    PutNumber(column->numbers.empty() ? 0 : 1, &bytes);
    for (const int64_t number : column->numbers) PutNumber(number, &bytes);
    PutTexts(column->texts, &bytes);
  }
  PutNumber(static_cast<int64_t>(batch.free.size()), &bytes);
  for (const auto& [name, texts] : batch.free) {
    shard.free[batch.table][std::string(name)] = true;
    PutNumber(static_cast<int64_t>(name.size()), &bytes);
    bytes.append(name);
    PutTexts(texts, &bytes);
  }
  shard.rows[batch.table] += static_cast<int64_t>(batch.rows);
  shard.places[batch.table].push_back(
      {batch.file, batch.lines.front(), batch.lines.back(),
       static_cast<size_t>(thread), shard.file->size(), bytes.size()});
  return shard.file->Append(bytes);
}

std::vector<SpooledTable> Spool::Finish() {
  std::vector<SpooledTable> tables;
  for (int i = 0; i < static_cast<int>(Tables().size()); ++i) {
    SpooledTable table;
    table.table = i;
    std::map<int, bool> columns;
    std::map<std::string, bool> free;
    std::vector<Place>& places = places_[i];
    for (Shard& shard : shards_) {
      table.rows += shard.rows[i];
      columns.insert(shard.columns[i].begin(), shard.columns[i].end());
      free.insert(shard.free[i].begin(), shard.free[i].end());
      places.insert(places.end(), shard.places[i].begin(),
                    shard.places[i].end());
    }
    if (table.rows == 0) continue;
    std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
      return std::pair(a.file, a.first_line) < std::pair(b.file, b.first_line);
    });
    // A required column stands in the header even where nothing is known of it.
    const TableSchema& schema = Tables()[static_cast<size_t>(i)];
    for (size_t c = 0; c < schema.columns.size(); ++c) {
      if (columns.contains(static_cast<int>(c)) || schema.columns[c].required) {
        table.columns.push_back(static_cast<int>(c));
      }
    }
    for (const auto& [name, there] : free) table.free.push_back(name);
    tables.push_back(std::move(table));
  }
  return tables;
}

absl::Status Spool::Visit(
    const SpooledTable& table,
    absl::FunctionRef<absl::Status(const SpooledRow&)> visit) {
  const std::vector<Place>& places = places_[table.table];
  SpooledRow row;
  row.numbers.resize(table.columns.size());
  row.texts.resize(table.columns.size());
  row.free.resize(table.free.size());
  for (size_t begin = 0; begin < places.size();) {
    // Batches whose lines overlap are sorted together; as a rule that is one.
    size_t end = begin + 1;
    int64_t last = places[begin].last_line;
    while (end < places.size() && places[end].file == places[begin].file &&
           places[end].first_line <= last) {
      last = std::max(last, places[end].last_line);
      ++end;
    }
    std::vector<Unpacked> batches(end - begin);
    std::vector<std::pair<size_t, size_t>> order;  // Batch, row.
    for (size_t b = 0; b < batches.size(); ++b) {
      const Place& place = places[begin + b];
      absl::Status status = shards_[place.thread].file->ReadAt(
          place.offset, place.size, &batches[b].bytes);
      if (!status.ok()) return status;
      Unpacker(&batches[b]).Run();
      for (size_t i = 0; i < batches[b].lines.size(); ++i)
        order.emplace_back(b, i);
    }
    if (batches.size() > 1) {
      std::stable_sort(order.begin(), order.end(),
                       [&](const auto& a, const auto& b) {
                         return batches[a.first].lines[a.second] <
                                batches[b.first].lines[b.second];
                       });
    }
    // Where each column lies in each batch, found once.
    struct Sources {
      std::vector<const std::vector<int64_t>*> numbers;
      std::vector<const std::vector<std::string_view>*> texts, free;
    };
    std::vector<Sources> sources(batches.size());
    for (size_t b = 0; b < batches.size(); ++b) {
      for (const int column : table.columns) {
        const auto numbers = batches[b].numbers.find(column);
        const auto texts = batches[b].texts.find(column);
        sources[b].numbers.push_back(
            numbers == batches[b].numbers.end() ? nullptr : &numbers->second);
        sources[b].texts.push_back(
            texts == batches[b].texts.end() ? nullptr : &texts->second);
      }
      for (const std::string& name : table.free) {
        const auto free = batches[b].free.find(name);
        sources[b].free.push_back(
            free == batches[b].free.end() ? nullptr : &free->second);
      }
    }
    for (const auto& [b, i] : order) {
      for (size_t c = 0; c < table.columns.size(); ++c) {
        const auto* numbers = sources[b].numbers[c];
        const auto* texts = sources[b].texts[c];
        row.numbers[c] = numbers == nullptr ? kUnknown : (*numbers)[i];
        row.texts[c] = texts == nullptr ? std::string_view() : (*texts)[i];
      }
      for (size_t f = 0; f < table.free.size(); ++f) {
        const auto* free = sources[b].free[f];
        row.free[f] = free == nullptr ? std::string_view() : (*free)[i];
      }
      if (absl::Status status = visit(row); !status.ok()) return status;
    }
    begin = end;
  }
  return absl::OkStatus();
}

}  // namespace plumbline::replay
