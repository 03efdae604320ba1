#ifndef PLUMBLINE_AUDIT_STATS_RATIONAL_H_
#define PLUMBLINE_AUDIT_STATS_RATIONAL_H_

#include "boost/multiprecision/cpp_int.hpp"

namespace plumbline::audit {

// Exact numbers of any size. Slow beside built-in integers: for results and
// certificates, never per row.
using BigInteger = boost::multiprecision::cpp_int;
using Rational = boost::multiprecision::cpp_rational;

inline double ToDouble(const Rational& value) {
  return value.convert_to<double>();
}

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_RATIONAL_H_
