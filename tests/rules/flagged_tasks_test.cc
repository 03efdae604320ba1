#include "audit/findings/flagged_tasks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "audit/rules/text.h"
#include "google/protobuf/util/message_differencer.h"

namespace plumbline::audit {
namespace {

using google::protobuf::util::MessageDifferencer;

// Every field of the message has a value, whatever fields there will be.
v1::FlaggedTask Task(int worker, int task, int rule, int pack) {
  v1::FlaggedTask made;
  const auto* type = v1::FlaggedTask::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (field->cpp_type() ==
        google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
      made.GetReflection()->SetString(&made, field,
                                      Cat(field->name(), task * 7 % 5));
    }
  }
  made.set_verdict(task % 2 == 0 ? v1::BREACH : v1::INSUFFICIENT_EVIDENCE);
  made.set_worker_id(worker == 0 ? "" : Cat("w", worker));
  made.set_task_id(std::string(static_cast<size_t>(task), 't'));
  made.set_rule_id(Cat("R", rule));
  made.set_pack(Cat("p", pack));
  return made;
}

TEST(FlaggedTasks, GivesBackWhatWasAddedInOrder) {
  std::mt19937 random(3);
  std::vector<v1::FlaggedTask> expected;
  FlaggedTasks tasks;
  for (int i = 0; i < 5000; ++i) {
    expected.push_back(
        Task(static_cast<int>(random() % 4), static_cast<int>(random() % 300),
             static_cast<int>(random() % 3), static_cast<int>(random() % 2)));
    tasks.Add(expected.back());
  }
  const auto key = [](const v1::FlaggedTask& task) {
    return std::tie(task.rule_id(), task.worker_id(), task.task_id(),
                    task.pack());
  };
  std::stable_sort(
      expected.begin(), expected.end(),
      [&](const auto& a, const auto& b) { return key(a) < key(b); });
  tasks.Sort();
  ASSERT_EQ(tasks.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_TRUE(MessageDifferencer::Equals(tasks[i], expected[i]))
        << i << " " << tasks[i].DebugString() << expected[i].DebugString();
  }
}

TEST(FlaggedTasks, KeepsARowThatIsLargerThanABlock) {
  FlaggedTasks tasks;
  v1::FlaggedTask large = Task(1, 1, 1, 1);
  large.set_observed(std::string(3 << 20, 'x'));
  tasks.Add(Task(1, 2, 1, 1));
  tasks.Add(large);
  tasks.Add(Task(1, 3, 1, 1));
  EXPECT_TRUE(MessageDifferencer::Equals(tasks[1], large));
  EXPECT_EQ(tasks[2].task_id(), "ttt");
  FlaggedTasks moved = std::move(tasks);
  EXPECT_TRUE(MessageDifferencer::Equals(moved[1], large));
  moved.clear();
  EXPECT_TRUE(moved.empty());
}

}  // namespace
}  // namespace plumbline::audit
