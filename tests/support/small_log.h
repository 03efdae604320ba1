#ifndef PLUMBLINE_TESTS_SUPPORT_SMALL_LOG_H_
#define PLUMBLINE_TESTS_SUPPORT_SMALL_LOG_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace plumbline {

// A table as text: a header and rows of cells.
struct CsvTable {
  std::string header;
  std::vector<std::string> rows;
  std::vector<std::string> workers;  // Whose row it is; "" for nobody's.
};

// A small made-up log with a bit of everything: tasks that overlap, are
// cancelled or lack a clock or a worker, sessions, pay lines, fares, a roster,
// and a few rows that ingest has to repair or to refuse. The same for the same
// seed on every machine.
struct SmallLog {
  std::string info;  // log.textproto
  std::map<std::string, CsvTable> tables;

  // Writes it into `folder`. `keep` chooses rows by worker; nullptr keeps all.
  void WriteTo(const std::string& folder,
               const std::function<bool(const std::string& worker)>& keep =
                   nullptr) const;
  // Puts the rows of every table into another order.
  void Shuffle(uint64_t seed);
};

SmallLog MakeSmallLog(uint64_t seed, int workers, int tasks_each);

}  // namespace plumbline

#endif  // PLUMBLINE_TESTS_SUPPORT_SMALL_LOG_H_
