// Results of runs as JUnit XML, which CI servers read.
#pragma once

#include <loadsim/measure/run_result.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::report {

/// junit.xml of a report folder.
inline constexpr const char* junit_file_name = "junit.xml";

/// A test case. At most one of `failure`, `error` and `skipped` is not empty: a sentence. All empty: passed.
struct junit_case {
    std::string class_name;
    std::string name;
    std::string failure{}; ///< what was tested is not as it must be
    std::string error{};   ///< the test could not be evaluated
    std::string skipped{}; ///< the test says nothing about what was tested
    double seconds = 0;
};

struct junit_suite {
    std::string name;
    std::chrono::system_clock::time_point started;
    double seconds = 0;
    std::vector<junit_case> cases{};
    std::vector<std::pair<std::string, std::string>> properties{};
    std::string host = "localhost";
};

/// A document that is valid by the schemas of Jenkins (xunit plugin, junit-10.xsd and junit-4.xsd) and of Ant (Windy Road's JUnit.xsd)
/// at the same time: the elements and attributes that all of them know, in Ant's order. Characters that XML 1.0 does not have, and
/// invalid UTF-8, are written as \xNN.
std::string junit_xml(const std::vector<junit_suite>&);

/// A run as a test suite: a case for each budget, and one each for the ledger, the anomalies and the validity of the run.
/// Budget missed: failure. Budget without data: error. Of an invalid run: skipped, because its figures judge nothing; a ledger that
/// does not add up is an error. Anomalies fail their case only if a budget of anomalies was missed, so that the file is never worse
/// than the verdict.
junit_suite junit_of(const measure::run_result&, const verdict::evaluation&, const measure::labels&);

} // namespace loadsim::report
