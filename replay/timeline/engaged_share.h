#ifndef PLUMBLINE_REPLAY_TIMELINE_ENGAGED_SHARE_H_
#define PLUMBLINE_REPLAY_TIMELINE_ENGAGED_SHARE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "replay/timeline/worker_timeline.h"

namespace plumbline::replay {

// Parts of a millisecond in which shares are counted: lcm(1..16).
inline constexpr int64_t kShareParts = 720'720;

// Splits the engaged union among the tasks: each elementary stretch goes in
// equal parts to the tasks open in it. Exact for up to 16 open tasks; for more,
// the parts left over go one each to the tasks that come first in `tasks`, so
// that the shares add up to the length of the union times kShareParts always.
//
// `tasks` sorted as a timeline sorts them; `shares` gets one entry each, 0
// where a task has no engaged interval. O(k log k) for k tasks, times the
// tasks open at once.
void ShareEngaged(std::span<const Task> tasks, std::vector<int64_t>* shares);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_TIMELINE_ENGAGED_SHARE_H_
