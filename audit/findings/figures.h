#ifndef PLUMBLINE_AUDIT_FINDINGS_FIGURES_H_
#define PLUMBLINE_AUDIT_FINDINGS_FIGURES_H_

#include <string>

#include "audit/rules/exact.h"
#include "audit/rules/expression.h"

namespace plumbline::audit {

// How figures of base units (millionths, milliseconds, millimetres) are written
// in findings. Instants are the caller's: they need a zone.

// "s", "m", "CNY", "CNY/h", "CNY/km", "km/h"; empty for plain numbers.
std::string UnitOf(const Type& type, const std::string& currency);

// The rounded form for tables, in that unit: money in the currency's digits,
// seconds, metres, other numbers to 9 decimals.
std::string PlainText(const Ratio& value, const Type& type,
                      const std::string& currency);

// The exact form for traces, in that unit: a decimal ("12746.5") where twelve
// decimals hold it, else a fraction ("343/6").
std::string ExactFigure(const Ratio& value, const Type& type);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_FIGURES_H_
