#include "audit/cli/shard.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "audit/cli/facts_store.h"
#include "audit/cli/partial_file.h"
#include "google/protobuf/text_format.h"
#include "replay/base/sha256.h"

namespace plumbline::audit {
namespace {

// Rows a piece; small enough that neither side holds much at once.
constexpr size_t kRowsOfPiece = 4096;

std::string HashOfPacks(const std::vector<RulePack>& packs) {
  std::vector<std::string> lines;
  for (const RulePack& pack : packs) {
    lines.push_back(absl::StrCat(pack.pack.name(), ":", pack.sha256));
  }
  std::sort(lines.begin(), lines.end());
  return replay::Sha256Hex(absl::StrJoin(lines, "\n"));
}

void FillHeader(const UsedPlan& plan, const std::vector<RulePack>& packs,
                const RunOptions& options, const v1::LogInfo& info,
                const std::string& mapping, int pass, v1::Partial* head) {
  v1::PartialHeader* header = head->mutable_header();
  header->set_magic(kPartialMagic);
  header->set_schema_version(kPartialSchema);
  header->set_plan_sha256(plan.sha256);
  header->set_packs_sha256(HashOfPacks(packs));
  header->set_pass(pass);
  header->set_mapping(mapping);
  header->set_currency(info.currency());
  header->set_time_zone(info.time_zone());
  for (const std::string& measure : options.only) header->add_only(measure);
  header->set_allow_unverified(options.allow_unverified);
  *head->mutable_plan() = plan.plan;
  head->set_plan_name(plan.name);
  for (const RulePack& pack : packs) {
    v1::PackCopy* copy = head->add_packs();
    *copy->mutable_pack() = pack.pack;
    copy->set_file(pack.file);
    copy->set_sha256(pack.sha256);
  }
}

void FillMdrp(const replay::MdrpParameters& from, v1::MdrpFacts* to) {
  to->set_pickup_service(from.pickup_service);
  to->set_dropoff_service(from.dropoff_service);
  to->set_target_click_to_door(from.target_click_to_door);
  to->set_maximum_click_to_door(from.maximum_click_to_door);
  to->set_pay_per_order(from.pay_per_order);
  to->set_guaranteed_per_hour(from.guaranteed_per_hour);
  to->set_orders_total(from.orders_total);
  to->set_bundles(from.bundles);
  for (const auto& [courier, ms] : from.driving) {
    v1::MdrpFacts::Driving* driving = to->add_driving();
    driving->set_courier_id(courier);
    driving->set_ms(ms);
  }
}

replay::MdrpParameters MdrpOf(const v1::LogFacts& facts) {
  replay::MdrpParameters to;
  if (!facts.has_mdrp()) return to;
  const v1::MdrpFacts& from = facts.mdrp();
  to.present = true;
  to.pickup_service = from.pickup_service();
  to.dropoff_service = from.dropoff_service();
  to.target_click_to_door = from.target_click_to_door();
  to.maximum_click_to_door = from.maximum_click_to_door();
  to.pay_per_order = from.pay_per_order();
  to.guaranteed_per_hour = from.guaranteed_per_hour();
  to.orders_total = from.orders_total();
  to.bundles = from.bundles();
  for (const auto& driving : from.driving()) {
    to.driving.emplace_back(driving.courier_id(), driving.ms());
  }
  return to;
}

// The first field in which two headers differ, as "name: a / b"; empty if none.
std::string Difference(const v1::PartialHeader& a, const v1::PartialHeader& b) {
  const auto differ = [](const char* name, const auto& one, const auto& other) {
    return one == other ? std::string()
                        : absl::StrCat(name, " (", one, " and ", other, ")");
  };
  const std::string parts[] = {
      differ("pass", a.pass(), b.pass()),
      differ("plan", a.plan_sha256().substr(0, 12),
             b.plan_sha256().substr(0, 12)),
      differ("rule packs", a.packs_sha256().substr(0, 12),
             b.packs_sha256().substr(0, 12)),
      differ("mapping", a.mapping(), b.mapping()),
      differ("currency", a.currency(), b.currency()),
      differ("time zone", a.time_zone(), b.time_zone()),
      differ("measures", absl::StrJoin(a.only(), ","),
             absl::StrJoin(b.only(), ",")),
      differ("--allow-unverified", a.allow_unverified(), b.allow_unverified()),
  };
  for (const std::string& part : parts) {
    if (!part.empty()) return part;
  }
  return "";
}

void AppendNew(const google::protobuf::RepeatedPtrField<std::string>& from,
               google::protobuf::RepeatedPtrField<std::string>* to) {
  for (const std::string& text : from) {
    if (std::find(to->begin(), to->end(), text) == to->end()) *to->Add() = text;
  }
}

void Sort(google::protobuf::RepeatedPtrField<std::string>* texts) {
  std::sort(texts->begin(), texts->end());
}

void UniteFacts(const v1::LogFacts& from, v1::LogFacts* to) {
  to->mutable_files()->MergeFrom(from.files());
  AppendNew(from.unknown_columns(), to->mutable_unknown_columns());
  AppendNew(from.columns(), to->mutable_columns());
  AppendNew(from.notes(), to->mutable_notes());
  AppendNew(from.notes_zh(), to->mutable_notes_zh());
  AppendNew(from.info().sources(), to->mutable_info()->mutable_sources());
  if (from.has_observed_from() &&
      (!to->has_observed_from() ||
       from.observed_from() < to->observed_from())) {
    to->set_observed_from(from.observed_from());
  }
  if (from.has_observed_to() &&
      (!to->has_observed_to() || from.observed_to() > to->observed_to())) {
    to->set_observed_to(from.observed_to());
  }
  if (!from.has_mdrp()) return;
  if (!to->has_mdrp()) {
    *to->mutable_mdrp() = from.mdrp();
    return;
  }
  // The instance is the same for all shards; the couriers are not.
  to->mutable_mdrp()->mutable_driving()->MergeFrom(from.mdrp().driving());
}

// Funnels and faults add up by name.
void UniteInput(const v1::Input& from, v1::Input* to) {
  for (const v1::TableFunnel& funnel : from.tables()) {
    v1::TableFunnel* sum = nullptr;
    for (v1::TableFunnel& own : *to->mutable_tables()) {
      if (own.name() == funnel.name()) sum = &own;
    }
    if (sum == nullptr) {
      sum = to->add_tables();
      sum->set_name(funnel.name());
    }
    AppendNew(funnel.files(), sum->mutable_files());
    Sort(sum->mutable_files());
    sum->set_rows_read(sum->rows_read() + funnel.rows_read());
    sum->set_rows_used(sum->rows_used() + funnel.rows_used());
    sum->set_rows_repaired(sum->rows_repaired() + funnel.rows_repaired());
    sum->set_rows_quarantined(sum->rows_quarantined() +
                              funnel.rows_quarantined());
  }
  const auto key = [](const v1::FaultCount& fault) {
    return std::tie(fault.id(), fault.table(), fault.column());
  };
  for (const v1::FaultCount& fault : from.faults()) {
    v1::FaultCount* sum = nullptr;
    for (v1::FaultCount& own : *to->mutable_faults()) {
      if (key(own) == key(fault)) sum = &own;
    }
    if (sum == nullptr) {
      sum = to->add_faults();
      *sum = fault;
    } else {
      sum->set_n(sum->n() + fault.n());
    }
  }
  std::sort(to->mutable_tables()->begin(), to->mutable_tables()->end(),
            [](const auto& a, const auto& b) { return a.name() < b.name(); });
  std::sort(to->mutable_faults()->begin(), to->mutable_faults()->end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
}

std::string BytesOf(const google::protobuf::Message& message) {
  return message.SerializeAsString();
}

// Rows that lie in several shards (published rules, say) are the same rows: of
// equal ones the union holds as many as the shard that has most of them.
void UniteSmallTables(const std::vector<std::vector<v1::LogRecord>>& shards,
                      std::vector<v1::LogRecord>* all) {
  std::map<std::string, size_t> most;
  for (const auto& shard : shards) {
    std::map<std::string, size_t> own;
    for (const v1::LogRecord& record : shard) ++own[BytesOf(record)];
    for (const auto& [bytes, n] : own) most[bytes] = std::max(most[bytes], n);
  }
  for (const auto& [bytes, n] : most) {
    v1::LogRecord record;
    record.ParseFromString(bytes);
    for (size_t i = 0; i < n; ++i) all->push_back(record);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Shard>> Shard::Of(std::unique_ptr<LogRun> owned,
                                                 const RunOptions& options,
                                                 int pass,
                                                 Observers observers) {
  auto shard = std::make_unique<Shard>();
  shard->run_ = std::move(owned);
  LogRun& run = *shard->run_;
  FillHeader(run.plan, run.packs, options, run.ingest.info,
             run.ingest.mapping_name, pass, &shard->head_);
  v1::LogFacts* facts = shard->head_.mutable_facts();
  *facts->mutable_info() = run.ingest.info;
  auto inputs = run.Inputs();
  if (!inputs.ok()) return inputs.status();
  for (const ManifestEntry& input : *inputs) {
    v1::LogFacts::InputFile* file = facts->add_files();
    file->set_name(input.name);
    file->set_sha256(input.sha256);
  }
  facts->set_mapping_sha256(run.ingest.mapping_sha256);
  const auto fill = [](const std::vector<std::string>& from, auto* to) {
    to->Assign(from.begin(), from.end());
  };
  fill(run.ingest.unknown_columns, facts->mutable_unknown_columns());
  fill(run.ingest.columns, facts->mutable_columns());
  fill(run.ingest.notes, facts->mutable_notes());
  fill(run.ingest.notes_zh, facts->mutable_notes_zh());
  if (run.ingest.mdrp.present) FillMdrp(run.ingest.mdrp, facts->mutable_mdrp());
  const replay::Interval observed = run.store->observed();
  if (replay::IsKnown(observed.begin)) facts->set_observed_from(observed.begin);
  if (replay::IsKnown(observed.end)) facts->set_observed_to(observed.end);

  shard->input_ = run.input;
  absl::Status status = run.faults.Visit([&](const v1::Fault& fault) {
    shard->quarantine_.push_back(fault);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  shard->small_tables_ = run.store->small_tables();
  shard->packs_ = run.packs;
  shard->context_ = run.context;
  shard->observers_ = std::move(observers);
  return shard;
}

absl::StatusOr<std::unique_ptr<Shard>> Shard::Empty(const RunOptions& options,
                                                    int pass) {
  auto plan = ReadPlan(options);
  if (!plan.ok()) return plan.status();
  auto shard = std::make_unique<Shard>();
  v1::LogInfo info;
  info.set_currency(options.currency);
  info.set_time_zone(options.time_zone);
  FillHeader(*plan, {}, options, info, "canonical", pass, &shard->head_);
  shard->head_.mutable_facts()->set_empty(true);
  *shard->head_.mutable_facts()->mutable_info() = info;
  absl::Status status = shard->MakeContext();
  if (!status.ok()) return status;
  shard->observers_.judge = Judge::Create(shard->packs_, shard->context_, {});
  return shard;
}

absl::Status Shard::MakeContext() {
  const v1::LogFacts& facts = head_.facts();
  ingest_.info = facts.info();
  for (const auto& file : facts.files()) ingest_.files.push_back(file.name());
  ingest_.mapping_name = head_.header().mapping();
  ingest_.mapping_sha256 = facts.mapping_sha256();
  ingest_.unknown_columns.assign(facts.unknown_columns().begin(),
                                 facts.unknown_columns().end());
  ingest_.columns.assign(facts.columns().begin(), facts.columns().end());
  ingest_.notes.assign(facts.notes().begin(), facts.notes().end());
  ingest_.notes_zh.assign(facts.notes_zh().begin(), facts.notes_zh().end());
  ingest_.mdrp = MdrpOf(facts);
  replay::Interval observed = {replay::kUnknown, replay::kUnknown};
  if (facts.has_observed_from()) observed.begin = facts.observed_from();
  if (facts.has_observed_to()) observed.end = facts.observed_to();
  store_ = MakeFactsStore(small_tables_, observed);
  for (const v1::PackCopy& copy : head_.packs()) {
    // Loaded anew from its text: that checks and compiles it.
    std::string text;
    google::protobuf::TextFormat::PrintToString(copy.pack(), &text);
    auto pack = ParseRulePack(text, copy.file());
    if (!pack.ok()) return pack.status();
    pack->sha256 = copy.sha256();
    packs_.push_back(*std::move(pack));
  }
  context_.log = &ingest_;
  context_.store = store_.get();
  context_.plan = &head_.plan();
  context_.zone = absl::UTCTimeZone();
  const std::string& zone = ingest_.info.time_zone();
  if (!zone.empty()) {
    context_.zone_known = absl::LoadTimeZone(zone, &context_.zone);
    if (!context_.zone_known) {
      return absl::InvalidArgumentError(
          absl::StrCat("the state's time zone \"", zone,
                       "\" is not known on this machine; install tzdata"));
    }
  }
  DescribeLog(ingest_, observed, context_.zone, &input_);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Shard>> Shard::Union(
    const std::vector<std::string>& files) {
  auto shard = std::make_unique<Shard>();
  // First what must agree and what measures need to know before they merge.
  std::vector<std::pair<std::string, size_t>> order;  // Facts' bytes, file.
  std::vector<v1::Partial> heads;
  std::vector<std::unique_ptr<PartialReader>> readers;
  for (const std::string& file : files) {
    auto reader = PartialReader::Open(file);
    if (!reader.ok()) return reader.status();
    heads.push_back((*reader)->head());
    readers.push_back(*std::move(reader));
  }
  size_t model = 0;
  for (size_t i = 0; i < heads.size(); ++i) {
    if (!heads[i].facts().empty())
      order.emplace_back(BytesOf(heads[i].facts()), i);
  }
  std::sort(order.begin(), order.end());
  if (!order.empty()) model = order[0].second;
  for (size_t i = 0; i < heads.size(); ++i) {
    v1::PartialHeader other = heads[i].header();
    if (heads[i].facts().empty()) {
      // An empty shard knows nothing of the log, so packs were not chosen by
      // it.
      const v1::PartialHeader& known = heads[model].header();
      other.set_packs_sha256(known.packs_sha256());
      other.set_mapping(known.mapping());
      other.set_currency(known.currency());
      other.set_time_zone(known.time_zone());
    }
    const std::string difference = Difference(heads[model].header(), other);
    if (!difference.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(files[i], ":1:1: the state differs from ", files[model],
                       " in its ", difference,
                       ", expected states of one run; make all with the same "
                       "options and the same version"));
    }
  }
  shard->head_ = heads[model];
  for (const auto& [bytes, i] : order) {
    if (i != model) UniteFacts(heads[i].facts(), shard->head_.mutable_facts());
  }
  v1::LogFacts* facts = shard->head_.mutable_facts();
  Sort(facts->mutable_columns());
  Sort(facts->mutable_unknown_columns());
  std::sort(facts->mutable_files()->begin(), facts->mutable_files()->end(),
            [](const auto& a, const auto& b) {
              return std::tie(a.name(), a.sha256()) <
                     std::tie(b.name(), b.sha256());
            });
  if (facts->has_mdrp()) {
    auto* driving = facts->mutable_mdrp()->mutable_driving();
    std::sort(driving->begin(), driving->end(),
              [](const auto& a, const auto& b) {
                return a.courier_id() < b.courier_id();
              });
  }

  // Small tables come before the states, since measures may ask for them.
  std::vector<std::vector<v1::LogRecord>> small(files.size());
  std::vector<v1::Partial> pending(files.size());
  std::vector<bool> more(files.size(), true);
  for (size_t i = 0; i < files.size(); ++i) {
    while (more[i]) {
      auto next = readers[i]->Next(&pending[i]);
      if (!next.ok()) return next.status();
      more[i] = *next;
      if (!more[i] || pending[i].small_tables_size() == 0) break;
      small[i].insert(small[i].end(), pending[i].small_tables().begin(),
                      pending[i].small_tables().end());
    }
  }
  UniteSmallTables(small, &shard->small_tables_);
  absl::Status status = shard->MakeContext();
  if (!status.ok()) return status;
  const std::set<std::string> only(shard->header().only().begin(),
                                   shard->header().only().end());
  Observers& observers = shard->observers_;
  observers.measures = MakeMeasures(shard->context_, only);
  observers.judge = Judge::Create(shard->packs_, shard->context_,
                                  {shard->header().allow_unverified()});
  std::map<std::string, size_t> file_of;  // By worker.
  for (size_t i = 0; i < files.size(); ++i) {
    while (more[i]) {
      v1::Partial& piece = pending[i];
      for (const v1::MeasureState& state : piece.measures()) {
        Measure* wanted = nullptr;
        for (const auto& measure : observers.measures) {
          if (measure->id() == state.id()) wanted = measure.get();
        }
        if (wanted == nullptr) {
          return absl::InvalidArgumentError(absl::StrCat(
              files[i], ":1:1: the state has a measure \"", state.id(),
              "\" that this version does not know; make it again with this "
              "version"));
        }
        status = wanted->Merge(state);
        if (!status.ok()) return status;
      }
      if (piece.has_judge()) {
        status = observers.judge->Merge(piece.judge());
        if (!status.ok()) return status;
      }
      if (piece.has_input()) UniteInput(piece.input(), &shard->input_);
      for (v1::WorkerRow& row : *piece.mutable_workers()) {
        const auto [known, added] = file_of.emplace(row.worker_id(), i);
        if (!added) {
          return absl::InvalidArgumentError(
              absl::StrCat(files[i], ":1:1: worker \"", row.worker_id(),
                           "\" is also in ", files[known->second],
                           ", expected each worker in one state only; cut the "
                           "log by worker"));
        }
        observers.workers.push_back(std::move(row));
      }
      for (v1::Fault& fault : *piece.mutable_quarantine()) {
        shard->quarantine_.push_back(std::move(fault));
      }
      auto next = readers[i]->Next(&piece);
      if (!next.ok()) return next.status();
      more[i] = *next;
    }
  }
  std::sort(observers.workers.begin(), observers.workers.end(),
            [](const auto& a, const auto& b) {
              return a.worker_id() < b.worker_id();
            });
  const auto place = [](const v1::Fault& fault) {
    return std::make_tuple(std::string_view(fault.file()), fault.line(),
                           std::string_view(fault.column()),
                           std::string_view(fault.rule()),
                           std::string_view(fault.value()));
  };
  std::sort(shard->quarantine_.begin(), shard->quarantine_.end(),
            [&](const v1::Fault& a, const v1::Fault& b) {
              return place(a) < place(b);
            });
  return shard;
}

std::string Shard::DifferenceFrom(const Shard& other) const {
  if (head_.facts().empty() || other.head_.facts().empty()) return "";
  v1::PartialHeader same_pass = other.header();
  same_pass.set_pass(pass());
  return Difference(header(), same_pass);
}

absl::Status Shard::WriteTo(const std::string& path) const {
  auto writer = PartialWriter::Open(path);
  if (!writer.ok()) return writer.status();
  absl::Status status = (*writer)->Write(head_);
  if (!status.ok()) return status;
  v1::Partial piece;
  const auto flush = [&](size_t rows) {
    if (rows == 0) return absl::OkStatus();
    absl::Status written = (*writer)->Write(piece);
    piece.Clear();
    return written;
  };
  size_t rows = 0;
  for (const v1::LogRecord& record : small_tables_) {
    *piece.add_small_tables() = record;
    if (++rows < kRowsOfPiece) continue;
    if (status = flush(rows); !status.ok()) return status;
    rows = 0;
  }
  if (status = flush(rows); !status.ok()) return status;
  *piece.mutable_input() = input_;
  if (status = flush(1); !status.ok()) return status;
  for (const auto& measure : observers_.measures) {
    v1::MeasureState* state = piece.add_measures();
    measure->Save(state);
    state->set_id(std::string(measure->id()));
    if (status = flush(1); !status.ok()) return status;
  }
  if (!head_.facts().empty()) {
    observers_.judge->Save(piece.mutable_judge());
    if (status = flush(1); !status.ok()) return status;
  }
  rows = 0;
  for (const v1::WorkerRow& row : observers_.workers) {
    *piece.add_workers() = row;
    if (++rows < kRowsOfPiece) continue;
    if (status = flush(rows); !status.ok()) return status;
    rows = 0;
  }
  if (status = flush(rows); !status.ok()) return status;
  rows = 0;
  for (const v1::Fault& fault : quarantine_) {
    *piece.add_quarantine() = fault;
    if (++rows < kRowsOfPiece) continue;
    if (status = flush(rows); !status.ok()) return status;
    rows = 0;
  }
  if (status = flush(rows); !status.ok()) return status;
  return (*writer)->Finish();
}

bool Shard::complete() const {
  return std::all_of(observers_.measures.begin(), observers_.measures.end(),
                     [](const auto& measure) { return measure->complete(); });
}

FirstPass Shard::first_pass() const {
  FirstPass states;
  for (const auto& measure : observers_.measures) {
    if (measure->passes() == 1) continue;
    measure->Save(&states.emplace_back());
    states.back().set_id(std::string(measure->id()));
  }
  return states;
}

AuditOutcome Shard::Conclude() {
  return audit::Conclude(context_, input_, std::move(observers_));
}

std::vector<ManifestEntry> Shard::inputs() const {
  std::vector<ManifestEntry> entries;
  for (const auto& file : head_.facts().files()) {
    entries.push_back({"input", file.name(), file.sha256()});
  }
  return entries;
}

}  // namespace plumbline::audit
