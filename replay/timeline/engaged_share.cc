#include "replay/timeline/engaged_share.h"

#include <algorithm>

namespace plumbline::replay {
namespace {

struct Edge {
  int64_t at;
  bool opens;
  size_t task;
};

}  // namespace

void ShareEngaged(std::span<const Task> tasks, std::vector<int64_t>* shares) {
  shares->assign(tasks.size(), 0);
  std::vector<Edge> edges;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const Interval engaged = tasks[i].engaged();
    if (engaged.length() <= 0) continue;
    edges.push_back({engaged.begin, true, i});
    edges.push_back({engaged.end, false, i});
  }
  std::sort(edges.begin(), edges.end(),
            [](const Edge& a, const Edge& b) { return a.at < b.at; });
  std::vector<size_t> open;  // Sorted.
  for (size_t e = 0; e < edges.size();) {
    const int64_t at = edges[e].at;
    for (; e < edges.size() && edges[e].at == at; ++e) {
      const auto place =
          std::lower_bound(open.begin(), open.end(), edges[e].task);
      if (edges[e].opens) {
        open.insert(place, edges[e].task);
      } else {
        open.erase(place);
      }
    }
    if (open.empty()) continue;
    const int64_t parts = (edges[e].at - at) * kShareParts;
    const auto count = static_cast<int64_t>(open.size());
    const int64_t each = parts / count;
    const int64_t left = parts % count;
    for (int64_t i = 0; i < count; ++i) {
      (*shares)[open[i]] += each + (i < left ? 1 : 0);
    }
  }
}

}  // namespace plumbline::replay
