#include "rift/base/log.h"

#include <gmock/gmock.h>

namespace rift {
namespace {

class Log : public testing::Test {
 protected:
  ~Log() override { set_log(LogLevel::kInfo, LogStyle::kText); }
  template <class Body>
  static std::string written_by(Body body) {
    testing::internal::CaptureStderr();
    body();
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(Log, TextStyleIsForPeople) {
  set_log(LogLevel::kInfo, LogStyle::kText);
  EXPECT_EQ(written_by([] {
              log_info("reading", {{"file", "loans.csv"}, {"rows", 12}, {"share", 0.5}});
            }),
            "reading  file=loans.csv  rows=12  share=0.5\n");
  EXPECT_EQ(written_by([] { log_warning("no id column"); }), "warning: no id column\n");
  EXPECT_EQ(written_by([] { log_event(LogLevel::kError, "stopped"); }), "error: stopped\n");
}

TEST_F(Log, JsonStyleIsOneObjectALine) {
  set_log(LogLevel::kInfo, LogStyle::kJsonLines);
  const std::string text = written_by([] {
    log_info("reading \"x\"\n", {{"rows", 12}, {"parts", Json(Json::Array{"a", "b"})}});
    log_warning("w");
  });
  EXPECT_EQ(text,
            "{\"level\":\"info\",\"event\":\"reading \\\"x\\\"\\n\",\"rows\":12,\"parts\":[\"a\",\"b\"]}\n"
            "{\"level\":\"warning\",\"event\":\"w\"}\n");
}

TEST_F(Log, LevelsBelowTheLowestAreLeftOut) {
  set_log(LogLevel::kWarning, LogStyle::kText);
  EXPECT_EQ(written_by([] {
              log_event(LogLevel::kDebug, "d");
              log_info("i");
              log_warning("w");
            }),
            "warning: w\n");
  set_log(LogLevel::kDebug, LogStyle::kText);
  EXPECT_EQ(written_by([] { log_event(LogLevel::kDebug, "d"); }), "d\n");
}

TEST_F(Log, TextKeepsToOneLineAndBracesAreNoPlaceholders) {
  set_log(LogLevel::kInfo, LogStyle::kText);
  EXPECT_EQ(written_by([] { log_info("a {} b", {{"k", "x\ny\x1b[2J"}}); }), "a {} b  k=x\\ny\\u001b[2J\n");
}

}  // namespace
}  // namespace rift
