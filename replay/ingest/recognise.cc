#include "replay/ingest/recognise.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

int FindName(const std::vector<std::string>& columns, const std::string& name) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (absl::EqualsIgnoreCase(columns[i], name)) return static_cast<int>(i);
  }
  return -1;
}

// A dotted name is there as itself or inside the object of its first part.
bool HasColumn(const std::vector<std::string>& columns,
               const std::string& name) {
  if (FindName(columns, name) >= 0) return true;
  const size_t dot = name.find('.');
  return dot != std::string::npos &&
         FindName(columns, name.substr(0, dot)) >= 0;
}

std::vector<std::string> MissingColumns(
    const TableSchema& table, const std::vector<std::string>& columns) {
  std::vector<std::string> missing;
  for (const ColumnSchema& column : table.columns) {
    if (column.required && FindName(columns, column.name) < 0)
      missing.push_back(column.name);
  }
  return missing;
}

size_t KnownColumns(const TableSchema& table,
                    const std::vector<std::string>& columns) {
  return static_cast<size_t>(
      std::count_if(table.columns.begin(), table.columns.end(),
                    [&](const ColumnSchema& column) {
                      return FindName(columns, column.name) >= 0;
                    }));
}

// The canonical columns of the file, whatever the case of the letters.
v1::TableImport ImportCanonical(const TableSchema& table,
                                const std::vector<std::string>& columns,
                                std::vector<std::string>* unread) {
  std::vector<std::string> names;
  for (const std::string& column : columns) {
    const std::string lower = absl::AsciiStrToLower(column);
    const bool free = !table.free_prefix.empty() &&
                      absl::StartsWith(column, table.free_prefix);
    if (table.Find(lower) >= 0) {
      names.push_back(lower);
    } else if (!free && !column.empty()) {
      unread->push_back(column);
    }
  }
  return CanonicalImport(table.name, names);
}

// Of an OCEL file: what objectTypes declares and no table has.
std::vector<std::string> UnreadAttributes(const SourceFile& file) {
  std::vector<std::string> unread;
  for (const std::string& column : file.columns) {
    const size_t dot = column.find('.');
    const TableSchema* table = FindTable(column.substr(0, dot));
    const std::string name = column.substr(dot + 1);
    if (table != nullptr && (table->Find(name) >= 0 ||
                             (!table->free_prefix.empty() &&
                              absl::StartsWith(name, table->free_prefix)))) {
      continue;
    }
    unread.push_back(column);
  }
  return unread;
}

std::set<std::string> NamesRead(const v1::TableImport& import) {
  std::set<std::string> names;
  const auto read = [&](const std::string& name) {
    names.insert(absl::AsciiStrToLower(name));
  };
  for (const v1::ColumnImport& column : import.columns()) {
    read(column.from());
    if (!column.json_member().empty()) {
      read(absl::StrCat(column.from(), ".", column.json_member()));
    }
    for (const std::string& part : column.joined()) read(part);
  }
  for (const v1::SkipWhere& skip : import.skip()) read(skip.from());
  if (import.has_currency()) read(import.currency().from());
  return names;
}

// A column that stands twice cannot be read by name.
absl::Status CheckTwins(const SourceFile& file,
                        const std::vector<v1::TableImport>& imports) {
  std::set<std::string> read;
  for (const v1::TableImport& import : imports) {
    const std::set<std::string> names = NamesRead(import);
    read.insert(names.begin(), names.end());
  }
  std::set<std::string> seen;
  for (size_t i = 0; i < file.columns.size(); ++i) {
    const std::string name = absl::AsciiStrToLower(file.columns[i]);
    if (name.empty() || !read.contains(name) || seen.insert(name).second)
      continue;
    return absl::InvalidArgumentError(absl::StrCat(
        file.name, ":1:", i + 1, ": found the column ", file.columns[i],
        " a second time, expected each name once; rename or remove one of "
        "them"));
  }
  return absl::OkStatus();
}

// A required column whose source the file lacks would be missing in every row.
absl::Status CheckRequired(const SourceFile& file,
                           const v1::TableImport& import) {
  const TableSchema& table = *FindTable(import.table());
  for (const v1::ColumnImport& column : import.columns()) {
    const int target = table.Find(column.to());
    if (target < 0 || !table.columns[static_cast<size_t>(target)].required)
      continue;
    std::vector<std::string> needed(column.joined().begin(),
                                    column.joined().end());
    if (!column.from().empty()) {
      needed.push_back(
          column.json_member().empty()
              ? column.from()
              : absl::StrCat(column.from(), ".", column.json_member()));
    }
    for (const std::string& name : needed) {
      if (HasColumn(file.columns, name)) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          file.name, ":1:1: found no column ", name,
          ", expected it as the source of ", table.name, ".", column.to(),
          "; correct the mapping or export the column"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Recognition> Settle(const SourceFile& file, Recognition found) {
  // One import counts the rows, all others are derived from it.
  std::stable_partition(
      found.imports.begin(), found.imports.end(),
      [](const v1::TableImport& import) { return !import.derived(); });
  for (size_t i = 0; i < found.imports.size(); ++i)
    found.imports[i].set_derived(i > 0);
  for (const v1::TableImport& import : found.imports) {
    if (absl::Status status = CheckRequired(file, import); !status.ok())
      return status;
  }
  if (absl::Status status = CheckTwins(file, found.imports); !status.ok())
    return status;
  return found;
}

}  // namespace

std::string TableOfName(const std::string& name) {
  const std::filesystem::path path(name);
  std::string stem = path.filename();
  stem = absl::AsciiStrToLower(stem.substr(0, stem.find('.')));
  std::string best;
  for (const TableSchema& table : Tables()) {
    if (!absl::StartsWith(stem, table.name)) continue;
    if (table.name.size() <= best.size()) continue;
    const std::string rest = stem.substr(table.name.size());
    const bool part =
        rest.empty() ||
        ((rest[0] == '-' || rest[0] == '_') && rest.size() > 1 &&
         absl::ascii_isdigit(static_cast<unsigned char>(rest[1])));
    if (part) best = table.name;
  }
  if (!best.empty()) return best;
  // Parts that another program wrote: "tasks/part-00001.parquet".
  std::filesystem::path folder = path.parent_path();
  while (best.empty() && !folder.empty() && folder.has_filename()) {
    std::string leaf = absl::AsciiStrToLower(folder.filename().string());
    leaf = leaf.substr(0, leaf.find('.'));
    if (FindTable(leaf) != nullptr) best = leaf;
    folder = folder.parent_path();
  }
  return best;
}

std::string TableOfHeader(const std::vector<std::string>& columns) {
  std::string best;
  size_t most = 0;
  for (const TableSchema& table : Tables()) {
    const size_t known = KnownColumns(table, columns);
    if (known > most && MissingColumns(table, columns).empty()) {
      most = known;
      best = table.name;
    }
  }
  return best;
}

bool FitsFingerprint(const v1::TableImport& import,
                     const std::vector<std::string>& columns) {
  const auto there = [&](const std::string& name) {
    return HasColumn(columns, name);
  };
  return std::all_of(import.fingerprint().begin(), import.fingerprint().end(),
                     there) &&
         std::none_of(import.fingerprint_absent().begin(),
                      import.fingerprint_absent().end(), there);
}

absl::StatusOr<Recognition> Recognise(
    const SourceFile& file, const std::vector<LoadedMapping>& mappings,
    bool forced) {
  Recognition found;
  if (file.names_its_tables()) {
    found.unread = UnreadAttributes(file);
    return found;
  }
  const std::string named = forced ? std::string() : TableOfName(file.name);
  const auto canonical = [&](const std::string& table) {
    found.imports = {
        ImportCanonical(*FindTable(table), file.columns, &found.unread)};
    return Settle(file, found);
  };
  if (!named.empty() &&
      MissingColumns(*FindTable(named), file.columns).empty()) {
    return canonical(named);
  }
  int longest = 0;
  for (const LoadedMapping& mapping : mappings) {
    for (const v1::TableImport& import : mapping.mapping.tables()) {
      if (import.fingerprint_size() <= longest ||
          !FitsFingerprint(import, file.columns))
        continue;
      longest = import.fingerprint_size();
      found.mapping = &mapping;
    }
  }
  if (found.mapping != nullptr) {
    std::set<std::string> read;
    for (const v1::TableImport& import : found.mapping->mapping.tables()) {
      if (!FitsFingerprint(import, file.columns)) continue;
      found.imports.push_back(import);
      const std::set<std::string> names = NamesRead(import);
      read.insert(names.begin(), names.end());
    }
    for (const std::string& column : file.columns) {
      if (!column.empty() && !read.contains(absl::AsciiStrToLower(column))) {
        found.unread.push_back(column);
      }
    }
    return Settle(file, found);
  }
  if (!named.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.name, ":1:1: found no column ",
        absl::StrJoin(MissingColumns(*FindTable(named), file.columns), ", "),
        ", expected it in the table ", named,
        "; add it, or run `plumbline inspect` on the file for a draft "
        "mapping"));
  }
  if (!forced) {
    const std::string table = TableOfHeader(file.columns);
    if (!table.empty()) return canonical(table);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      file.name, ":1:1: found the header ",
      absl::StrJoin(file.columns.begin(),
                    file.columns.begin() +
                        std::min<std::ptrdiff_t>(6, std::ssize(file.columns)),
                    ","),
      file.columns.size() > 6 ? ",..." : "",
      forced ? ", expected one that the mapping of --mapping fits"
             : ", expected a table of docs/log_format.md or a known export",
      "; run `plumbline inspect` on the file for a draft mapping and give it "
      "with --mapping"));
}

}  // namespace plumbline::replay
