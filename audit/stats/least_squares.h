#ifndef PLUMBLINE_AUDIT_STATS_LEAST_SQUARES_H_
#define PLUMBLINE_AUDIT_STATS_LEAST_SQUARES_H_

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "audit/stats/outcome.h"
#include "audit/stats/rational.h"

namespace plumbline::audit {

// Least squares of an integer y on p integer columns, by clusters:
//
//   b = (X'X)^-1 X'y,   RSS = y'y - b'X'y,   s^2 = RSS / (n - p)
//
// Rows are added up to X'X, X'y and y'y in integers and never kept, so blocks
// of any size and order merge to the same bits. b and RSS are exact fractions
// (Bareiss elimination on big integers); a pivot that is exactly zero means a
// collinear design: reason ID, naming the column. Fewer than p + 1 rows: N.
//
// Columns are the caller's, the constant included. |x|, |y| < 2^40 and fewer
// than 2^40 rows keep the sums inside 128 bits. NIST Longley, with its decimals
// scaled to integers, comes out to all certified digits.
//
// Memory O(G p^2) for G clusters. Not thread-safe; one instance a thread.
class LeastSquares {
 public:
  explicit LeastSquares(int columns);

  void Add(std::span<const int64_t> x, int64_t y, uint64_t cluster);
  void Merge(const LeastSquares& other);

  int columns() const { return columns_; }
  int64_t rows() const;

  // Sums of one cluster. x_x is the upper triangle by rows.
  struct Block {
    int64_t rows = 0;
    std::vector<__int128> x_x;
    std::vector<__int128> x_y;
    __int128 y_y = 0;
  };
  // Adds rows that were summed elsewhere; `block` has this many columns.
  void AddBlock(const Block& block, uint64_t cluster);
  const std::map<uint64_t, Block>& blocks() const { return blocks_; }
  Block Total() const;

 private:
  int columns_;
  std::map<uint64_t, Block> blocks_;  // Read in key order.
};

struct LeastSquaresFit {
  int64_t rows = 0;
  std::vector<Rational> coefficients;
  std::vector<double> standard_errors;  // Under equal, independent errors.
  Rational rss;
  double sigma = 0;  // s
};
Outcome<LeastSquaresFit> Fit(const LeastSquares& data);

// Errors of the coefficients when rows of one cluster depend on each other.
// With A = (X'X)^-1, e the residuals and u_g = X_g'e_g:
//
//   CR0   A (sum u_g u_g') A
//   CR1   CR0 G / (G - 1)
//   CR1S  CR1 (n - 1) / (n - p)
//   CR2   residuals times (I - H_gg)^-1/2: unbiased under equal errors
//   CR3   residuals times (I - H_gg)^-1
//   CV3   (G - 1)/G sum (b_(g) - b)(b_(g) - b)', b_(g) without cluster g
//
// All of them from the blocks alone: X_g = Q R with R'R = X_g'X_g gives
// (I - H_gg)^-1/2 = I + Q ((I - R A R')^-1/2 - I) Q', of rank p.
// `degrees` are Satterthwaite's for CR2, G - 1 for the others. Computed in long
// double, clusters in order of their key. Fewer than two clusters: N.
//
// Petersen's first 12 firms, slope: CR0 0.3501880565, CR1 0.3657594961, CR2
// 0.3835549283 (7.75789185 degrees), CR3 0.4202095525, CV3 0.4023200165.
//
// Sources: Liang and Zeger 1986; Bell and McCaffrey 2002; Pustejovsky and
// Tipton 2018; MacKinnon, Nielsen and Webb 2023.
enum class ClusterRobust { kCr0, kCr1, kCr1s, kCr2, kCr3, kCv3 };
struct RobustErrors {
  int64_t clusters = 0;
  std::vector<double> standard_errors;
  std::vector<double> degrees;
  std::vector<std::vector<double>> covariance;
};
Outcome<RobustErrors> ClusterErrors(const LeastSquares& data,
                                    const LeastSquaresFit& fit,
                                    ClusterRobust kind);

// The coefficients without each cluster, in order of their keys. Reason ID
// where the design is collinear without one of them.
Outcome<std::vector<std::vector<double>>> LeaveOneOut(
    const LeastSquares& data, const LeastSquaresFit& fit);

// The largest change of one coefficient when a single cluster is left out.
Outcome<double> LargestLeaveOneOut(const LeastSquares& data,
                                   const LeastSquaresFit& fit, int coefficient);

// Restricted wild cluster bootstrap-t of H0: b_k = 0 with CR0. Scores of the
// fit without column k are turned by signs, one a cluster: all 2^G sign vectors
// up to 14 clusters, else `draws` vectors hashed from `seed` and the key. The
// p-value counts the identity. Petersen's first 12 firms: t 2.8518138962,
// p 156/4096. With `webb`, six points of Webb (2014) instead of two signs.
// Fewer than 6 clusters: N. Source: Cameron, Gelbach and Miller 2008; Roodman
// et al. 2019.
struct WildBootstrap {
  double t = 0;
  int64_t as_large = 0;
  int64_t draws = 0;
  double p_value = 1;
};
Outcome<WildBootstrap> WildClusterBootstrap(const LeastSquares& data,
                                            int coefficient, uint64_t seed,
                                            int64_t draws = 9999,
                                            bool webb = false);

// Covariance for two ways of clustering: V_a + V_b - V_ab, negative
// eigenvalues set to zero (Cameron, Gelbach and Miller 2011).
std::vector<std::vector<double>> TwoWayCovariance(const RobustErrors& one,
                                                  const RobustErrors& two,
                                                  const RobustErrors& both);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_LEAST_SQUARES_H_
