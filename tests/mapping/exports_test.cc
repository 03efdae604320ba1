// Known exports, each with the traps that its format holds.

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/array/builder_time.h"
#include "arrow/io/file.h"
#include "arrow/table.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "parquet/arrow/writer.h"
#include "tests/mapping/support.h"

namespace plumbline::replay {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kTlcHeader =
    "\"hvfhs_license_num\",\"dispatching_base_num\",\"originating_base_num\","
    "\"request_datetime\","
    "\"on_scene_datetime\",\"pickup_datetime\",\"dropoff_datetime\","
    "\"PULocationID\","
    "\"DOLocationID\",\"trip_miles\",\"trip_time\",\"base_passenger_fare\","
    "\"tolls\",\"bcf\","
    "\"sales_tax\",\"congestion_surcharge\",\"airport_fee\",\"tips\",\"driver_"
    "pay\","
    "\"shared_request_flag\",\"shared_match_flag\",\"access_a_ride_flag\","
    "\"wav_request_flag\","
    "\"wav_match_flag\"\n";

// A trip on a summer evening.
std::string TlcTrip(const std::string& on_scene, const std::string& zone,
                    const std::string& fare, const std::string& pay,
                    const std::string& asked, const std::string& shared,
                    const std::string& wav) {
  return absl::StrCat("\"HV0003\",\"B1\",NA,\"2020-06-30 19:30:00\",", on_scene,
                      ",\"2020-06-30 19:40:00\",\"2020-06-30 20:00:01\",", zone,
                      ",69,2.5,1200,", fare, ",0,0.79,2.8,2.75,NA,1.5,", pay,
                      ",\"", asked, "\",\"", shared, "\",\" \",\"N\",\"", wav,
                      "\"\n");
}

TEST(TlcTest, ReadsATripInLocalTimeWithoutADriver) {
  const TestFolder folder;
  folder.Write(
      "fhvhv_tripdata_2020-06.csv",
      absl::StrCat(kTlcHeader, TlcTrip("\"2020-06-30 19:35:00\"", "142",
                                       "31.11", "23.34", "N", "N", "N")));
  const TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.result.mapping_name, "nyc-tlc-hvfhv");
  EXPECT_EQ(log.result.mapping_sha256.size(), 64u);
  EXPECT_EQ(log.result.info.currency(), "USD");
  EXPECT_EQ(log.result.info.time_zone(), "America/New_York");
  EXPECT_EQ(log.Row("tasks", 0),
            (TestRow{{"task_id", "1"},
                     {"city", "New York"},
                     {"zone", "142"},
                     {"placed_at", "2020-06-30T23:30:00Z"},
                     {"arrived_pickup_at", "2020-06-30T23:35:00Z"},
                     {"picked_up_at", "2020-06-30T23:40:00Z"},
                     {"completed_at", "2020-07-01T00:00:01Z"},
                     {"status", "delivered"},
                     {"dropoff_distance_m", "4023.36"},
                     // A second less than the clocks say; both are kept.
                     {"trip_time_s", "1200"},
                     {"pay_base", "23.34"},
                     {"pay_tip", "1.50"},
                     {"customer_total", "31.11"},
                     {"shared", "false"},
                     {"wheelchair", "false"}}));
  EXPECT_THAT(log.result.columns, Not(Contains("tasks.worker_id")));
  EXPECT_EQ(log.Funnel("tasks"), "1/1/0/0")
      << "nothing is quarantined for want of a driver";
  EXPECT_THAT(log.result.unknown_columns,
              Contains("fhvhv_tripdata_2020-06.csv:tolls"));
  EXPECT_THAT(log.result.notes, Contains(HasSubstr("name no driver")));
}

TEST(TlcTest, KnowsUnknownCellsFlagsAndNegativeMoney) {
  const TestFolder folder;
  folder.Write(
      "trips.csv",
      absl::StrCat(kTlcHeader,
                   TlcTrip("NA", "NA", "-31.11", "-23.34", "Y", "N", "Y"),
                   TlcTrip("", "7", "NA", "", "Y", "Y", " ")));
  const TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  const TestRow& first = log.Row("tasks", 0);
  EXPECT_FALSE(first.contains("arrived_pickup_at"));
  EXPECT_FALSE(first.contains("zone"));
  EXPECT_EQ(first.at("customer_total"), "-31.11");
  EXPECT_EQ(first.at("pay_base"), "-23.34");
  EXPECT_EQ(first.at("shared"), "false") << "asked for, not matched";
  EXPECT_EQ(first.at("wheelchair"), "true");
  const TestRow& second = log.Row("tasks", 1);
  EXPECT_FALSE(second.contains("customer_total"));
  EXPECT_FALSE(second.contains("pay_base"));
  EXPECT_EQ(second.at("shared"), "true");
  EXPECT_FALSE(second.contains("wheelchair"));
  EXPECT_EQ(log.Funnel("tasks"), "2/2/0/0");
}

TEST(TlcTest, ReadsOlderColumnsAndOtherCapitals) {
  const TestFolder folder;
  // No airport_fee and no on_scene_datetime, and the zone in other capitals.
  folder.Write(
      "a.csv",
      "hvfhs_license_num,request_datetime,pickup_datetime,dropoff_datetime,"
      "PUlocationID,"
      "DOlocationID,trip_miles,trip_time,base_passenger_fare,tips,driver_pay,"
      "shared_match_flag\n"
      "HV0005,2019-02-01 00:00:00,2019-02-01 00:05:00,2019-02-01 "
      "00:15:00,12.0,13,1,600,"
      "10,0,8,N\n");
  TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Row("tasks", 0).at("picked_up_at"), "2019-02-01T05:05:00Z");
  EXPECT_TRUE(log.Row("tasks", 0).contains("zone"));
  // The first form, which knew no pay.
  folder.Write(
      "a.csv",
      "hvfhs_license_num,dispatching_base_num,pickup_datetime,dropoff_datetime,"
      "PULocationID,DOLocationID,SR_Flag\n"
      "HV0003,B1,2019-02-01 00:05:00,2019-02-01 00:15:00,12,13,1\n"
      "HV0003,B1,2019-02-01 00:05:00,2019-02-01 00:15:00,12,13,\n");
  log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.result.mapping_name, "nyc-tlc-hvfhv");
  EXPECT_EQ(log.Row("tasks", 0).at("shared"), "true");
  EXPECT_FALSE(log.Row("tasks", 1).contains("shared"));
  EXPECT_THAT(log.result.columns, Not(Contains("tasks.pay_base")));
}

TEST(TlcTest, TellsTheTwoHoursOfAClockChange) {
  const TestFolder folder;
  folder.Write("trips.csv",
               "hvfhs_license_num,pickup_datetime,dropoff_datetime,trip_miles,"
               "driver_pay\n"
               "HV0003,2020-11-01 01:30:00,2020-11-01 02:30:00,1,8\n"
               "HV0003,2020-03-08 02:30:00,2020-03-08 03:30:00,1,8\n");
  const TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Row("tasks", 0).at("picked_up_at"), "2020-11-01T05:30:00Z")
      << "the earlier";
  EXPECT_FALSE(log.Row("tasks", 1).contains("picked_up_at"));
  EXPECT_EQ(log.Faults("ambiguous-local-time"), 1);
  EXPECT_EQ(log.Faults("nonexistent-local-time"), 1);
  EXPECT_EQ(log.Funnel("tasks"), "2/1/1/0");
}

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> Column(Builder&& builder,
                                     const std::vector<Value>& values) {
  for (const Value& value : values) EXPECT_TRUE(builder.Append(value).ok());
  return builder.Finish().ValueOrDie();
}

void WriteTlcParquet(const std::string& path, bool zone_as_double) {
  const int64_t evening =
      1593545400'000'000;  // 2020-06-30T19:30:00 as if it were UTC.
  const auto clock = arrow::timestamp(arrow::TimeUnit::MICRO);
  const auto at = [&](std::vector<int64_t> values) {
    return Column(arrow::TimestampBuilder(clock, arrow::default_memory_pool()),
                  values);
  };
  const std::vector<std::pair<std::string, std::shared_ptr<arrow::Array>>>
      columns = {
          {"hvfhs_license_num",
           Column(arrow::StringBuilder(), std::vector<std::string>{"HV0003"})},
          {"request_datetime", at({evening})},
          {"pickup_datetime", at({evening + 600'000'000})},
          {"dropoff_datetime", at({evening + 1'800'000'000})},
          {"PULocationID",
           zone_as_double
               ? Column(arrow::DoubleBuilder(), std::vector<double>{142})
               : Column(arrow::Int64Builder(), std::vector<int64_t>{142})},
          {"trip_miles",
           Column(arrow::DoubleBuilder(), std::vector<double>{8.85})},
          {"trip_time",
           Column(arrow::Int64Builder(), std::vector<int64_t>{1200})},
          {"base_passenger_fare",
           Column(arrow::DoubleBuilder(), std::vector<double>{31.11})},
          {"tips", Column(arrow::DoubleBuilder(), std::vector<double>{0.1})},
          {"driver_pay",
           Column(arrow::DoubleBuilder(), std::vector<double>{23.34})},
          {"shared_match_flag",
           Column(arrow::StringBuilder(), std::vector<std::string>{"Y"})},
          {"wav_match_flag",
           Column(arrow::StringBuilder(), std::vector<std::string>{" "})}};
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const auto& [name, array] : columns) {
    fields.push_back(arrow::field(name, array->type()));
    arrays.push_back(array);
  }
  const auto table = arrow::Table::Make(arrow::schema(fields), arrays);
  const auto stream = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  ASSERT_TRUE(
      parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), stream)
          .ok());
}

TEST(TlcTest, ReadsParquetWhoseClocksAreLocal) {
  for (const bool zone_as_double : {false, true}) {
    SCOPED_TRACE(zone_as_double);
    const TestFolder folder;
    WriteTlcParquet(folder.File("fhvhv_tripdata_2020-06.parquet"),
                    zone_as_double);
    const TestLog log = ReadLog(folder.path());
    ASSERT_TRUE(log.status.ok()) << log.status;
    EXPECT_EQ(log.Row("tasks", 0),
              (TestRow{{"task_id", "1"},
                       {"city", "New York"},
                       {"zone", "142"},
                       {"placed_at", "2020-06-30T23:30:00Z"},
                       {"picked_up_at", "2020-06-30T23:40:00Z"},
                       {"completed_at", "2020-07-01T00:00:00Z"},
                       {"status", "delivered"},
                       {"dropoff_distance_m", "14242.694"},
                       {"trip_time_s", "1200"},
                       {"pay_base", "23.34"},
                       {"pay_tip", "0.10"},
                       {"customer_total", "31.11"},
                       {"shared", "true"}}));
  }
}

// The columns of all_waybill_info_meituan_0322.csv; the first has no name.
constexpr const char* kWaybills =
    ",dt,order_id,waybill_id,courier_id,da_id,is_courier_grabbed,is_weekend,"
    "estimate_arrived_time,is_prebook,poi_id,sender_lng,sender_lat,recipient_"
    "lng,recipient_lat,"
    "grab_lng,grab_lat,dispatch_time,grab_time,fetch_time,arrive_time,"
    "estimate_meal_prepare_time,order_push_time,platform_order_time\n"
    // Refused, and the same order again with another courier.
    "0,20221017,11,101,7,3,0,0,1665973800,0,5,174532000,45891000,174533000,"
    "45892000,0,0,"
    "1665972000,0,0,0,1665972900,1665971940,1665971900\n"
    "1,20221017,11,102,8,3,1,0,1665973800,0,5,174532000,45891000,174533000,"
    "45892000,"
    "174531000,45890000,1665972060,1665972090,1665972700,1665973900,1665972900,"
    "1665971940,"
    "1665971900\n"
    // Taken and never brought.
    "2,20221017,12,103,8,3,1,0,1665973800,1,5,174532000,45891000,0,0,174531000,"
    "45890000,"
    "1665972060,1665972090,1665972700,0,1665972900,1665971940,1665971900\n";

TEST(MeituanTest, ReadsWaybillsWhereZeroMeansThatItDidNotHappen) {
  const TestFolder folder;
  folder.Write("all_waybill_info_meituan_0322.csv", kWaybills);
  const TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.result.mapping_name, "meituan-informs");
  EXPECT_EQ(log.Funnel("tasks"), "3/3/0/0");
  EXPECT_EQ(log.Row("tasks", 0),
            (TestRow{{"task_id", "101"},
                     {"order_id", "11"},
                     {"worker_id", "7"},
                     {"zone", "3"},
                     {"placed_at", "2022-10-17T01:58:20Z"},
                     {"offered_at", "2022-10-17T02:00:00Z"},
                     {"promised_at", "2022-10-17T02:30:00Z"},
                     {"status", "rejected"},
                     {"prebooked", "false"},
                     {"pickup_lat", "45.891"},
                     {"pickup_lng", "174.532"},
                     {"dropoff_lat", "45.892"},
                     {"dropoff_lng", "174.533"}}));
  const TestRow& second = log.Row("tasks", 1);
  EXPECT_EQ(second.at("order_id"), "11") << "one order, two tasks";
  EXPECT_EQ(second.at("accepted_at"), "2022-10-17T02:01:30Z");
  EXPECT_EQ(second.at("picked_up_at"), "2022-10-17T02:11:40Z")
      << "before the meal's estimate";
  EXPECT_EQ(second.at("completed_at"), "2022-10-17T02:31:40Z");
  EXPECT_EQ(second.at("status"), "delivered");
  EXPECT_FALSE(second.contains("ready_at")) << "an estimate is no ready time";
  EXPECT_FALSE(second.contains("limit_at"))
      << "the promise is not the couriers' limit";
  const TestRow& third = log.Row("tasks", 2);
  EXPECT_FALSE(third.contains("completed_at"));
  EXPECT_FALSE(third.contains("status")) << "how it ended is not told";
  EXPECT_FALSE(third.contains("dropoff_lat"));
  EXPECT_EQ(third.at("prebooked"), "true");
  EXPECT_THAT(log.result.notes, Contains(HasSubstr("not the limit")));
}

TEST(MeituanTest, ReadsWavesByTheirWholeKeyAndTheDispatchersInputs) {
  const TestFolder folder;
  folder.Write("all_waybill_info_meituan_0322.csv", kWaybills)
      .Write("courier_wave_info_meituan.csv",
             "dt,courier_id,wave_id,wave_start_time,wave_end_time,order_ids\n"
             "20221017,7,0,1665972000,1665973900,\"[11, 12]\"\n"
             "20221017,8,0,1665972000,1665973900,[13]\n"
             "20221018,7,0,0,1665973900,[]\n")
      .Write("dispatch_waybill_meituan.csv",
             ",dt,dispatch_time,order_id\n0,20221017,1665972000,11\n1,20221017,"
             "1665972000,12\n")
      .Write(
          "dispatch_rider_meituan.csv",
          ",dt,dispatch_time,courier_id,rider_lat,rider_lng,courier_waybills\n"
          "0,20221017,1665972000,7,45891000,174532000,\"[101, 99]\"\n"
          "1,20221017,1665972000,8,45891000,174532000,[]\n");
  const TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Funnel("batches"), "3/3/0/0");
  EXPECT_EQ(log.Funnel("moment_orders"), "2/2/0/0");
  EXPECT_EQ(log.Funnel("moment_workers"), "2/2/0/0");
  EXPECT_EQ(log.Row("batches", 0),
            (TestRow{{"batch_id", "20221017/7/0"},
                     {"worker_id", "7"},
                     {"started_at", "2022-10-17T02:00:00Z"},
                     {"ended_at", "2022-10-17T02:31:40Z"},
                     {"order_ids", "[\"11\",\"12\"]"}}));
  EXPECT_EQ(log.Row("batches", 1).at("batch_id"), "20221017/8/0");
  EXPECT_EQ(log.Row("batches", 2).at("batch_id"), "20221018/7/0");
  EXPECT_FALSE(log.Row("batches", 2).contains("started_at"));
  EXPECT_EQ(log.Row("moment_orders", 1),
            (TestRow{{"moment_id", "20221017/1665972000"},
                     {"order_id", "12"},
                     {"moment_at", "2022-10-17T02:00:00Z"}}));
  EXPECT_EQ(log.Row("moment_workers", 0),
            (TestRow{{"moment_id", "20221017/1665972000"},
                     {"worker_id", "7"},
                     {"moment_at", "2022-10-17T02:00:00Z"},
                     {"lat", "45.891"},
                     {"lng", "174.532"},
                     {"holding", "[\"101\",\"99\"]"}}));
}

TEST(LadeTest, ReadsDeliveriesWithTheAssumedYear) {
  const TestFolder folder;
  folder.Write(
      "delivery_sh.csv",
      "order_id,region_id,city,courier_id,lng,lat,aoi_id,aoi_type,accept_time,"
      "accept_gps_time,accept_gps_lng,accept_gps_lat,delivery_time,delivery_"
      "gps_time,"
      "delivery_gps_lng,delivery_gps_lat,ds\n"
      "5,9,Shanghai,44,121.5,31.2,3,14,10-05 08:00:00,10-05 "
      "08:00:00,121.4,31.1,"
      "10-05 10:30:00,10-05 10:30:00,121.5,31.2,1005\n");
  const TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.result.mapping_name, "lade");
  EXPECT_EQ(log.Row("tasks", 0),
            (TestRow{{"task_id", "5"},
                     {"order_id", "5"},
                     {"worker_id", "44"},
                     {"zone", "9"},
                     {"city", "Shanghai"},
                     {"accepted_at", "2022-10-05T00:00:00Z"},
                     {"completed_at", "2022-10-05T02:30:00Z"},
                     {"status", "delivered"},
                     {"dropoff_lat", "31.2"},
                     {"dropoff_lng", "121.5"}}));
  EXPECT_THAT(log.result.notes, Contains(HasSubstr("2022 is assumed")));
  EXPECT_THAT(log.result.columns, Not(Contains("tasks.promised_at")))
      << "deliveries have none";
}

TEST(LadeTest, TakesTheWindowsEndAsThePromiseOfAPickup) {
  const TestFolder folder;
  folder.Write(
      "pickup_jl.csv",
      "order_id,region_id,city,courier_id,accept_time,time_window_start,time_"
      "window_end,"
      "lng,lat,aoi_id,aoi_type,pickup_time,pickup_gps_time,pickup_gps_lng,"
      "pickup_gps_lat,accept_gps_time,accept_gps_lng,accept_gps_lat,ds\n"
      "6,9,Jilin,44,06-05 08:00:00,06-05 09:00:00,06-05 "
      "11:00:00,126.5,43.8,3,14,"
      "06-05 10:15:00,,,,,,,605\n");
  const TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Row("tasks", 0).at("promised_at"), "2022-06-05T03:00:00Z");
  EXPECT_EQ(log.Row("tasks", 0).at("completed_at"), "2022-06-05T02:15:00Z");
  EXPECT_FALSE(log.Row("tasks", 0).contains("limit_at"));
}

const TestRow& MdsRow() {
  static const TestRow& row =
      *new TestRow{{"task_id", "t1"},
                   {"worker_id", "d1"},
                   {"placed_at", "2026-03-01T04:00:00Z"},
                   {"accepted_at", "2026-03-01T04:01:00Z"},
                   {"picked_up_at", "2026-03-01T04:10:00.25Z"},
                   {"completed_at", "2026-03-01T04:30:00Z"},
                   {"trip_time_s", "1190"},
                   {"dropoff_distance_m", "5200"},
                   {"pickup_lat", "34.1"},
                   {"pickup_lng", "-118.2"},
                   {"shared", "false"},
                   {"wheelchair", "true"},
                   {"customer_total", "12.34"},
                   {"pay_base", "8.05"},
                   {"pay_tip", "1.00"}};
  return row;
}

TEST(MdsTest, ReadsDottedColumns) {
  const TestFolder folder;
  const std::string header =
      "provider_id,trip_id,trip_type,start_time,end_time,duration,distance,"
      "currency,actual_cost,"
      "start_location.lat,start_location.lng,trip_attributes.driver_id,"
      "trip_attributes.requested_time,trip_attributes.dispatch_time,"
      "trip_attributes.wheelchair_transported,fare_attributes.driver_trip_pay,"
      "fare_attributes.tip\n";
  const std::string row =
      "p,t1,private,1772338200250,1772339400000,1190,5200,,1234,34.1,-118.2,d1,"
      "1772337600000,"
      "1772337660000,true,805,100\n";
  folder.Write(
      "trips.csv",
      absl::StrCat(
          header, row,
          absl::StrReplaceAll(
              row, {{"t1,private", "t2,shared"}, {"5200,,", "5200,USD,"}}),
          absl::StrReplaceAll(row, {{"t1,", "t3,"}, {"5200,,", "5200,EUR,"}}),
          absl::StrReplaceAll(row, {{"t1,private", "t4,reservation"}}),
          absl::StrReplaceAll(row, {{"t1,private", "t5,empty"}})));
  const TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.result.mapping_name, "mds-passenger");
  EXPECT_EQ(log.Row("tasks", 0), MdsRow());
  EXPECT_EQ(log.Row("tasks", 1).at("shared"), "true");
  EXPECT_EQ(log.Funnel("tasks"), "5/2/0/3");
  EXPECT_EQ(log.Faults("currency-clash"), 1);
  EXPECT_EQ(log.Faults("not-of-this-table"), 2);
  // In a log of euros the row without a currency is still in US cents.
  IngestOptions options;
  options.currency = "EUR";
  const TestLog euros = ReadLog(folder.path(), options);
  ASSERT_TRUE(euros.status.ok()) << euros.status;
  EXPECT_EQ(euros.Faults("currency-clash"), 2);
  EXPECT_EQ(euros.Row("tasks", 0).at("task_id"), "t3");
  EXPECT_THAT(euros.result.notes, Contains(HasSubstr("--currency says")));
}

TEST(MdsTest, ReadsNestedCells) {
  const TestFolder folder;
  folder.Write(
      "trips.csv",
      "provider_id,trip_id,trip_type,start_time,end_time,duration,distance,"
      "currency,actual_cost,"
      "start_location,end_location,trip_attributes,fare_attributes\n"
      "p,t1,private,1772338200250,1772339400000,1190,5200,USD,1234,"
      "\"{\"\"lat\"\":34.1,\"\"lng\"\":-118.2}\",,"
      "\"{\"\"driver_id\"\":\"\"d1\"\",\"\"requested_time\"\":1772337600000,"
      "\"\"dispatch_time\"\":1772337660000,\"\"wheelchair_transported\"\":true}"
      "\","
      "\"{\"\"driver_trip_pay\"\":805,\"\"tip\"\":100}\"\n"
      // Some members are null or absent.
      "p,t2,private,1772338200250,1772339400000,1190,5200,USD,,"
      "\"{\"\"lat\"\":null}\",{},\"{\"\"driver_id\"\":\"\"d1\"\"}\",\n");
  const TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Row("tasks", 0), MdsRow());
  EXPECT_EQ(log.Row("tasks", 1).at("worker_id"), "d1");
  EXPECT_FALSE(log.Row("tasks", 1).contains("pickup_lat"));
  EXPECT_FALSE(log.Row("tasks", 1).contains("pay_base"));
  EXPECT_EQ(log.Funnel("tasks"), "2/2/0/0");
}

constexpr const char* kOrders =
    "order\tx\ty\tplacement_time\trestaurant\tready_time\n"
    "o1\t300\t400\t10\tr1\t20\no2\t0\t800\t12\tr1\t25\no3\t0\t0\t15\tr1\t30\n";
constexpr const char* kCouriers =
    "courier\tx\ty\ton_time\toff_time\nc1\t0\t0\t0\t90\nc2\t0\t0\t30\t120\n";
constexpr const char* kRestaurants = "restaurant\tx\ty\nr1\t0\t320\n";
constexpr const char* kParameters =
    "meters_per_minute\tpickup service minutes\tdropoff service "
    "minutes\ttarget click-to-door\t"
    "maximum click-to-door\tpay per order\tguaranteed pay per "
    "hour\n320\t4\t4\t40\t90\t10\t15\n";

void WriteInstance(const TestFolder& folder) {
  folder.Write("orders.txt", kOrders)
      .Write("couriers.txt", kCouriers)
      .Write("restaurants.txt", kRestaurants)
      .Write("instance_parameters.txt", kParameters)
      .Write("solution_performance.txt",
             "number of orders delivered: 2 out of 3\n");
}

void ExpectSolvedInstance(const TestLog& log) {
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.result.mapping_name, "grubhub-mdrp");
  EXPECT_EQ(log.Funnel("sessions"), "2/2/0/0");
  EXPECT_EQ(log.Funnel("tasks"), "2/2/0/0")
      << "an order that was not delivered has no row";
  EXPECT_EQ(log.Row("sessions", 1),
            (TestRow{{"worker_id", "c2"},
                     {"started_at", "2020-01-01T00:30:00Z"},
                     {"ended_at", "2020-01-01T02:00:00Z"},
                     {"required", "true"}}));
  EXPECT_EQ(log.Row("tasks", 0),
            (TestRow{{"task_id", "o1"},
                     {"order_id", "o1"},
                     {"worker_id", "c1"},
                     {"batch_id", "b1"},
                     {"placed_at", "2020-01-01T00:10:00Z"},
                     {"ready_at", "2020-01-01T00:20:00Z"},
                     {"accepted_at", "2020-01-01T00:14:00Z"},
                     {"picked_up_at", "2020-01-01T00:25:00Z"},
                     {"completed_at", "2020-01-01T00:35:00Z"},
                     {"status", "delivered"},
                     {"promised_at", "2020-01-01T00:50:00Z"},
                     {"limit_at", "2020-01-01T01:40:00Z"},
                     {"pay_base", "10.00"}}));
  EXPECT_EQ(log.Row("tasks", 1).at("batch_id"), "b1") << "both in one bundle";
  const MdrpParameters& mdrp = log.result.mdrp;
  EXPECT_TRUE(mdrp.present);
  EXPECT_EQ(mdrp.orders_total, 3);
  EXPECT_EQ(mdrp.bundles, 1);
  EXPECT_EQ(mdrp.pay_per_order, 10'000'000);
  EXPECT_EQ(mdrp.guaranteed_per_hour, 15'000'000);
  EXPECT_EQ(mdrp.pickup_service, 240'000);
  // c1: 320 m, 1 min; to (300,400) 310.5 m, 1 min; to (0,800) 500 m, 2 min.
  // c2: 320 m from its start place and back to the order at (0,0): 1 + 1 min.
  EXPECT_THAT(mdrp.driving,
              ElementsAre(std::pair(std::string("c1"), int64_t{240'000}),
                          std::pair(std::string("c2"), int64_t{120'000})));
}

TEST(MdrpTest, ReadsAnInstanceWithItsSolution) {
  const TestFolder folder;
  WriteInstance(folder);
  folder
      .Write("solution_info_orders.txt",
             "order placement_time restaurant latitude longitude ready_time "
             "pickup_time "
             "dropoff_time courier\n"
             "o1 10 r1 300 400 20 25 35 c1\no2 12 r1 0 800 25 25 45 c1\n")
      .Write("solution_info_assignments.txt",
             "assignment_time pickup_time courier orders\n14 25 c1 o1 o2\n")
      .Write(
          "solution_info_couriers.txt",
          "courier departure_time origin destination\n"
          "c1 14 0 r1\nc1 27 r1 o1\nc1 37 o1 o2\nc2 40 c2 r1\nc2 50 r1 o3\n");
  ExpectSolvedInstance(ReadLog(folder.path()));
}

// Solutions by others: other headers, other names, none at all, a fifth field.
TEST(MdrpTest, ReadsTheVariantsOfOtherSolvers) {
  const TestFolder folder;
  WriteInstance(folder);
  folder
      .Write(
          "my_orders.txt",
          "order placement_time ready_time pickup_time dropoff_time courier\n"
          "o1 10.0 20.0 25 35 c1\no2 12 25 25.0 45 c1\n")
      .Write("my_assignments.txt",
             "Assignment_time Pickup_time Courier_ID Orders\n14.0 25 c1 "
             "['o1','o2']\n")
      .Write("my_couriers.txt",
             "c1 14 c1 r1 15\nc1 27 r1 o1 28\nc1 37 o1 o2 39\nc2 40 0 r1 "
             "41\nc2 50.0 r1 o3 51\n");
  ExpectSolvedInstance(ReadLog(folder.path()));
}

TEST(MdrpTest, KeepsRowsThatCannotBeReadOutAndSaysSo) {
  const TestFolder folder;
  WriteInstance(folder);
  folder
      .Write("couriers.txt",
             "courier\tx\ty\ton_time\toff_"
             "time\nc1\t0\t0\t90\t90\nc2\t0\t0\tx\t9\n")
      .Write(
          "solution_info_orders.txt",
          "order placement_time ready_time pickup_time dropoff_time courier\n"
          "o1 10 20 soon 35 c1\no2 12 25 25\n")
      .Write("solution_info_assignments.txt",
             "assignment_time pickup_time courier orders\n14 25 c1 o1\n");
  const TestLog log = ReadLog(folder.path());
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Funnel("sessions"), "2/0/0/2");
  EXPECT_EQ(log.Funnel("tasks"), "2/0/1/1");
  EXPECT_EQ(log.Faults("session-not-positive"), 1);
  EXPECT_EQ(log.Faults("unparsable-required"), 1);
  EXPECT_EQ(log.Faults("unparsable-cell"), 1);
  EXPECT_EQ(log.Faults("ragged-row"), 1);
}

TEST(MdrpTest, RefusesWhatCannotBeSolvedOrRead) {
  const TestFolder folder;
  WriteInstance(folder);
  EXPECT_THAT(std::string(ReadLog(folder.path()).status.message()),
              HasSubstr("an MDRP instance without a solution"));
  folder.Write(
      "solution_info_orders.txt",
      "order placement_time ready_time pickup_time dropoff_time courier\n"
      "o1 10 20 25 35 c1\n");
  folder.Write("solution_info_assignments.txt",
               "assignment_time pickup_time courier orders\nearly 25 c1 o1\n");
  EXPECT_THAT(std::string(ReadLog(folder.path()).status.message()),
              StartsWith("solution_info_assignments.txt:2:1: found \"early\", "
                         "expected minutes"));
  folder.Write("solution_info_assignments.txt",
               "assignment_time pickup_time courier orders\n14 25 c1 \xff\n");
  EXPECT_THAT(std::string(ReadLog(folder.path()).status.message()),
              StartsWith("solution_info_assignments.txt:2:1: found bytes that "
                         "are not UTF-8"));
  folder.Write("solution_info_assignments.txt",
               "assignment_time pickup_time courier orders\n14 25 c1 o1\n");
  folder.Write("instance_parameters.txt",
               "meters_per_minute\tpickup service minutes\n0\t4\n");
  EXPECT_THAT(std::string(ReadLog(folder.path()).status.message()),
              StartsWith("instance_parameters.txt:2:"));
}

}  // namespace
}  // namespace plumbline::replay
