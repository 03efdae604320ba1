#include "tests/report/made_up_result.h"

#include <cstdlib>

#include "google/protobuf/text_format.h"

namespace plumbline::audit {
namespace {

constexpr char kResult[] = R"pb(
  schema: "plumbline.audit.v1"
  input {
    tables {
      name: "tasks"
      files: "tasks.csv"
      rows_read: 1000
      rows_used: 950
      rows_repaired: 40
      rows_quarantined: 10
    }
    tables {
      name: "sessions"
      files: "sessions.csv"
      rows_read: 120
      rows_used: 120
      rows_repaired: 0
      rows_quarantined: 0
    }
    faults {
      id: "unparsable-cell"
      n: 40
      table: "tasks"
      column: "route_distance_m"
    }
    faults { id: "ragged-row" n: 10 table: "tasks" }
    mapping: "canonical"
    platform: "Quick & Fair <Delivery>"
    currency: "CNY"
    time_zone: "Asia/Shanghai"
    observed_from: "2026-03-02T00:00:00+08:00"
    observed_to: "2026-03-29T23:59:59+08:00"
    synthetic: true
    unknown_columns: "tasks.csv:mood"
  }
  summary {
    breach: 3
    indicator: 1
    no_breach_found: 1
    not_applicable: 1
    insufficient_evidence: 1
    shortfall_total { amount: "1234.565" currency: "CNY" }
    workers_affected: 2
  }
  findings {
    rule_id: "CN-MW-H"
    pack: "cn"
    clause: "Pay per hour of work is not below the local hourly minimum wage."
    clause_zh: "劳动报酬不低于当地小时最低工资标准。"
    source: "MOHRSS 2023 No. 50"
    verdict: BREACH
    grade: "D"
    severity: 3
    subject { kind: "worker" id: "W-1" }
    period { from: "2026-03-02" to: "2026-03-09" }
    observed: "18.20 CNY/h"
    required: "27.70 CNY/h"
    shortfall { amount: "380.00" currency: "CNY" }
    n: 40
    parameters {
      name: "hourly_minimum"
      value: "27.70"
      unit: "CNY/h"
      valid_from: "2025-09-01"
      source: "Beijing notice"
      confidence: "V1"
    }
    rows: "tasks:T-1"
    rows: "tasks:T-2"
  }
  findings {
    rule_id: "CN-MW-H"
    pack: "cn"
    clause: "Pay per hour of work is not below the local hourly minimum wage."
    clause_zh: "劳动报酬不低于当地小时最低工资标准。"
    source: "MOHRSS 2023 No. 50"
    verdict: BREACH
    grade: "D"
    severity: 3
    subject { kind: "worker" id: "<img src=x onerror=alert(1)>" }
    period { from: "2026-03-02" to: "2026-03-09" }
    observed: "15.00 CNY/h"
    required: "27.70 CNY/h"
    shortfall { amount: "854.565" currency: "CNY" }
    n: 52
    parameters {
      name: "hourly_minimum"
      value: "27.70"
      unit: "CNY/h"
      valid_from: "2025-09-01"
      source: "Beijing notice"
      confidence: "V1"
    }
    strength: "R"
    place_in_source: "Art. 4"
    note: "Hours are engaged time."
    note_zh: "工时按履约时间计算。"
    unverified: true
    trace { name: "owed" value: "1108.00 CNY" }
    trace { name: "paid" value: "253.435 CNY" }
    rows: "tasks:=cmd()"
    rows: "tasks:</script><script>alert(2)</script>"
  }
  findings {
    rule_id: "CN-FINE"
    pack: "cn"
    clause: "No deduction merely for a bad review."
    clause_zh: "不得单纯以差评扣减劳动报酬。"
    source: "Policy document 3, (6)"
    verdict: BREACH
    grade: "D"
    severity: 3
    subject { kind: "worker" id: "=cmd()" }
    observed: "1 deduction"
    required: "none"
    n: 1
    rows: "pay:L-9"
  }
  findings {
    rule_id: "STR-2"
    pack: "standards"
    clause: "Targets are taken from the middle, not from the fastest."
    clause_zh: "时限应“算法取中”，不得以最快者为准。"
    source: "Guideline 2026"
    verdict: INDICATOR
    grade: "T"
    severity: 1
    subject { kind: "platform" }
    observed: "0.08"
    required: "0.50"
    interval: "0.06"
    interval: "0.10"
    p_value: "0.0004"
    n: 900
    reason: "The upper bound lies below the declared limit of 0.10."
    reason_zh: "区间上限低于事先声明的界限 0.10。"
  }
  findings {
    rule_id: "CN-REST"
    pack: "cn"
    clause: "One day of rest in each week."
    clause_zh: "每周至少休息一日。"
    source: "Labour Law 38"
    verdict: INSUFFICIENT_EVIDENCE
    grade: "D"
    severity: 3
    subject { kind: "platform" }
    n: 12
    missing: "sessions.started_at"
    reason: "The log has no sessions for 12 workers."
    reason_zh: "有 12 名劳动者没有在线记录。"
    rows: "tasks:*"
  }
  findings {
    rule_id: "CN-PAY-MONEY"
    pack: "cn"
    clause: "Pay is paid in money."
    clause_zh: "以货币形式支付报酬。"
    source: "Policy document 2"
    verdict: NO_BREACH_FOUND
    grade: "D"
    severity: 3
    subject { kind: "platform" }
    n: 400
  }
  findings {
    rule_id: "CN-OT-D"
    pack: "cn"
    clause: "At most three hours of overtime a day."
    clause_zh: "每日加班不超过三小时。"
    source: "Labour Law 41"
    verdict: NOT_APPLICABLE
    grade: "D"
    severity: 3
    subject { kind: "platform" }
    n: 60
    reason: "No worker has a labour relationship."
    reason_zh: "没有劳动者与平台存在劳动关系。"
  }
  measures {
    hours {
      total {
        online: 3600000
        engaged: 2520000
        to_pickup: 900000
        loaded: 1800000
        on_call: 1080000
        task_sum: 3000000
      }
      runs {
        gap_s: 1200
        longest_s: 25200
        over4h: 6
        worker_days: 80
        worker_days_over8h: 12
        weeks_without_rest_day: 2
        worker_days_by_hour: [
          0, 2, 3, 4, 6, 9, 14, 30, 8, 3, 1, 0, 0,
          0, 0, 0, 0, 0, 0, 0,  0,  0, 0, 0, 0
        ]
      }
      tasks_without_interval: 7
    }
    pay {
      by_kind { key: "base" value: "9000.00" }
      by_kind { key: "peak" value: "1200.50" }
      by_kind { key: "late_fine" value: "310.00" }
      by_kind { key: "commission" value: "450.25" }
      counted: "10200.50"
      tips: "88.00"
      debits: "760.25"
      per_hour { key: "ONLINE" value: "10.2005" }
      per_hour { key: "ENGAGED" value: "14.5721" }
      per_hour { key: "LOADED" value: "20.4010" }
      take_rate {
        ratio_of_sums: "0.213456789"
        mean_of_ratios: "0.198765432"
        n: 900
        subsidised: 4
      }
    }
    targets {
      promise {
        n: 900
        late: 90
        share_late: "0.100000000"
        late_mean_s: "240.5"
        slack_quantiles_s { key: "p05" value: "-180" }
        slack_quantiles_s { key: "p50" value: "420" }
        slack_quantiles_s { key: "p95" value: "900" }
        slack_bins_from_s: -600
        slack_bin_width_s: 300
        slack_bins: [ 20, 70, 300, 310, 150, 50 ]
      }
      limit {
        n: 900
        late: 300
        share_late: "0.333333333"
        late_mean_s: "310"
        slack_quantiles_s { key: "p05" value: "-600" }
        slack_quantiles_s { key: "p50" value: "60" }
        slack_quantiles_s { key: "p95" value: "400" }
        rank {
          pi: "0.082000000"
          lo: "0.061000000"
          hi: "0.099000000"
          coverage: "0.954000000"
          verdict: "STRICTEST"
          reference: "OBS"
          pi_low: "0.079"
          pi_high: "0.085"
          strictness_index: "0.836"
          n: 860
          workers: 20
          margin: "0.07"
          strata {
            stratum: "north|lunch|2-3km"
            n: 400
            workers: 14
            days: 20
            pi: "0.06"
            target_mean_s: "1260"
            p05_s: "1230"
            p50_s: "1980"
            p95_s: "3100"
            reportable: true
          }
          strata {
            stratum: "south|evening|1-2km"
            n: 460
            workers: 18
            days: 22
            pi: "0.10"
            target_mean_s: "1000"
            p05_s: "960"
            p50_s: "1500"
            p95_s: "2400"
            reportable: true
          }
          strata { stratum: "thin" n: 5 workers: 2 days: 2 reportable: false }
        }
        speed {
          n: 880
          over15: 500
          over25: 60
          impossible: 3
          missing_s: 90000
          median_kmh: "16.2"
          p95_kmh: "26.1"
        }
        slack_bins_from_s: -900
        slack_bin_width_s: 300
        slack_bins: [ 60, 90, 150, 350, 200, 50 ]
      }
    }
    durations {
      key: "acceptToDone"
      value { n: 900 mean: "1700.5" p10: "1000" p50: "1650" p90: "2500" }
    }
    durations {
      key: "waitAtPickup"
      value { n: 880 mean: "400" p10: "60" p50: "300" p90: "900" }
    }
    allocation {
      tasks {
        workers: 20
        n: "900"
        gini: "0.310000000"
        gini_corrected: "0.326315789"
        chance_gini: "0.080000000"
        excess_gini: "0.230000000"
        theil_t: "0.17"
        jain: "0.75"
        top10_share: "0.220000000"
        lorenz: [
          "0",    "0.01", "0.03", "0.05", "0.08", "0.11", "0.15",
          "0.19", "0.23", "0.28", "0.33", "0.38", "0.44", "0.5",
          "0.56", "0.63", "0.7",  "0.77", "0.84", "0.92", "1"
        ]
      }
      pay {
        workers: 20
        n: "10200.50"
        gini: "0.290000000"
        gini_corrected: "0.305263158"
        jain: "0.78"
        top10_share: "0.210000000"
        lorenz: [
          "0",    "0.015", "0.035", "0.06", "0.09", "0.12", "0.16",
          "0.2",  "0.25",  "0.3",   "0.35", "0.4",  "0.46", "0.52",
          "0.58", "0.65",  "0.71",  "0.78", "0.85", "0.92", "1"
        ]
      }
      offers {
        offered: 1400
        accepted: 1000
        rejected: 300
        expired: 100
        acceptance_rate: "0.714285714"
      }
    }
    mdrp {
      orders_delivered: 500
      orders_total: 505
      total_payment: "5012.5"
      share_on_guarantee: "0.4"
      click_to_door {
        count: 500
        mean: "33.1"
        std: "8.2"
        min: "12"
        p10: "22"
        p50: "32"
        p90: "45"
        max: "80"
      }
      utilization { count: 20 mean: "0.6" }
    }
  }
  coverage { test: "hours.total.ONLINE" runnable: true }
  coverage {
    test: "hours.total.REQUIRED"
    runnable: false
    missing: "sessions.required"
    reason: "The log does not have sessions.required."
    reason_zh: "日志缺少 sessions.required。"
  }
  coverage { test: "pay.takeRate" runnable: true }
  coverage { test: "targets.limit.rank" runnable: true }
  coverage {
    test: "CN-PAY-LATE"
    runnable: false
    missing: "pay.due_at"
    missing: "pay.paid_at"
    reason: "The log does not say when pay was due."
    reason_zh: "日志没有记录应付日期。"
  }
  packs { name: "cn" version: "2026-11-01" sha256: "aa11" }
  packs { name: "standards" version: "2026-10-01" sha256: "bb22" }
  notes: "Sessions that overlap were counted once."
)pb";

// Merged into the above.
constexpr char kMore[] = R"pb(
  notes_zh: "重叠的在线时段只计一次。"
  measures {
    periods {
      weeks {
        from: "2026-03-02"
        online_s: 900000
        engaged_s: 600000
        worker_days: 20
        delivered: 220
        counted_pay: "2500.00"
        pay_per_online_hour: "10.0000"
        pay_per_engaged_hour: "15.0000"
      }
      weeks {
        from: "2026-03-09"
        online_s: 950000
        engaged_s: 650000
        worker_days: 21
        delivered: 240
        counted_pay: "2400.00"
        pay_per_online_hour: "9.0947"
        pay_per_engaged_hour: "13.2923"
      }
      months { from: "2026-03-01" worker_days: 80 delivered: 900 }
    }
    allocation {
      tasks {
        gini_lo: "0.280000000"
        gini_hi: "0.340000000"
        interval_method: "bootstrap"
      }
      tasks_per_online_hour_in_cells { workers: 18 gini: "0.120000000" }
    }
  }
)pb";

v1::WorkerRow Worker(const std::string& id) {
  v1::WorkerRow row;
  row.set_worker_id(id);
  row.set_tasks(50);
  row.set_delivered(45);
  row.set_online_s(180000);
  row.set_engaged_s(126000);
  row.set_pay_counted("510.02");
  row.set_pay_per_online_hour("10.2004");
  row.set_currency("CNY");
  return row;
}

}  // namespace

MadeUpResult::MadeUpResult() {
  v1::AuditResult more;
  if (!google::protobuf::TextFormat::ParseFromString(kResult, &result) ||
      !google::protobuf::TextFormat::ParseFromString(kMore, &more)) {
    std::abort();
  }
  result.MergeFrom(more);
  workers = {Worker(kMarkupId), Worker(kFormulaId), Worker("W-1")};
  workers[2].set_shortfall("380.00");
  v1::FlaggedTask task;
  task.set_task_id(kFormulaId);
  task.set_worker_id("W-1");
  task.set_rule_id("CN-MW-H");
  task.set_pack("cn");
  task.set_verdict(v1::BREACH);
  task.set_reason("paid less, than required");
  task.set_observed("18.20");
  task.set_required("27.70");
  task.set_shortfall("9.50");
  task.set_currency("CNY");
  task.set_from("2026-03-02T09:00:00+08:00");
  task.set_to("2026-03-02T09:30:00+08:00");
  flagged.Add(task);
  v1::Fault fault;
  fault.set_file("tasks.csv");
  fault.set_line(17);
  fault.set_column("route_distance_m");
  fault.set_rule("unparsable-cell");
  fault.set_value("-2+3");
  fault.set_remedy("Correct the cell or leave it empty.");
  fault.set_side("repaired");
  faults = {fault};
  manifest.program_version = "0.1.0";
  manifest.tzdata_version = "2026a";
  manifest.seed = 7;
  manifest.entries = {{"input", "tasks.csv", "00ff"},
                      {"pack", "cn.textproto", "aa11"}};
}

absl::Status MadeUpResult::Write(Language language, const std::string& out,
                                 const ReportFiles& files) const {
  const auto each_fault =
      [this](absl::FunctionRef<absl::Status(const v1::Fault&)> visit) {
        for (const v1::Fault& fault : faults) {
          if (absl::Status status = visit(fault); !status.ok()) return status;
        }
        return absl::OkStatus();
      };
  const ReportModel model{.result = &result,
                          .workers = &workers,
                          .flagged = &flagged,
                          .quarantine = each_fault};
  return WriteReport(model, manifest, language, out, files);
}

}  // namespace plumbline::audit
