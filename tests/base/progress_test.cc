#include "rift/base/progress.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "rift/base/log.h"
#include "rift/base/progress_line.h"
#include "rift/base/utf8.h"
#include "support/child.h"

namespace rift {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

ProgressState half() {
  return {.step = "fine-tuning", .unit = "rows", .note = "loss .431", .done = 500, .total = 1000, .elapsed_s = 4};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class ProgressStyles : public testing::Test {
 protected:
  ~ProgressStyles() override { set_progress_style(ProgressStyle::kAutomatic); }
};

TEST(ProgressBar, ShowsShareRateTimeLeftAndNote) {
  EXPECT_EQ(progress_bar_line(half(), 120),
            "fine-tuning           [############------------]   50%  500/1000 rows  125 rows/s  0:04 left  loss .431");
}

TEST(ProgressBar, ShowsTheTimeTakenAtTheEnd) {
  ProgressState state = half();
  state.done = 1000;
  state.elapsed_s = 3725;
  state.ended = true;
  EXPECT_THAT(progress_bar_line(state, 120), AllOf(HasSubstr("100%"), HasSubstr("1:02:05"), Not(HasSubstr("left"))));
  state.failed = true;
  EXPECT_THAT(progress_bar_line(state, 120), HasSubstr("stopped"));
}

TEST(ProgressBar, UnknownLengthsAndFirstMomentsHaveNoTimeLeft) {
  ProgressState state{.step = "reading", .unit = "rows"};
  EXPECT_EQ(progress_bar_line(state, 80), "reading               0 rows");
  state.total = 10;
  EXPECT_EQ(progress_bar_line(state, 80), "reading               [------------------------]    0%  0/10 rows");
  state.done = 15;  // more than was announced
  state.elapsed_s = 1;
  EXPECT_THAT(progress_bar_line(state, 80), AllOf(HasSubstr("100%"), Not(HasSubstr("left"))));
}

TEST(ProgressBar, ShrinksToTheTerminalBeforeItIsLeftOut) {
  EXPECT_EQ(progress_bar_line(half(), 78),
            "fine-tuning           [#####-----]   50%  500/1000 rows  125 rows/s  0:04 left");
  EXPECT_EQ(progress_bar_line(half(), 75),
            "fine-tuning            50%  500/1000 rows  125 rows/s  0:04 left  loss .431");
}

TEST(ProgressBar, AStepOfOneUnitShowsItsTimeAlone) {
  ProgressState state{.step = "scorecard, split 1/5", .unit = "step", .total = 1, .elapsed_s = 3};
  EXPECT_EQ(progress_bar_line(state, 80), "scorecard, split 1/5 ...");
  state.done = 1;
  state.ended = true;
  EXPECT_EQ(progress_bar_line(state, 80), "scorecard, split 1/5  0:03");
  state.failed = true;
  EXPECT_EQ(progress_bar_line(state, 80), "scorecard, split 1/5  stopped  0:03");
}

TEST(ProgressBar, FitsTheTerminalWhateverIsInIt) {
  ProgressState state = half();
  state.step = "\xE5\xBE\xAE\xE8\xB0\x83\xE6\xA8\xA1\xE5\x9E\x8B";  // four wide characters
  state.note = std::string(200, 'n');
  for (size_t columns : {0u, 5u, 19u, 20u, 40u, 60u, 79u, 100u, 400u}) {
    const std::string line = progress_bar_line(state, columns);
    EXPECT_LE(display_columns(line), columns);
    EXPECT_FALSE(first_invalid_utf8(line));
  }
  EXPECT_THAT(progress_bar_line(state, 60), AllOf(Not(HasSubstr("#")), HasSubstr("50%")));  // the bar goes first
}

TEST(ProgressJson, HoldsTheSameFigures) {
  EXPECT_EQ(
      to_json_text(progress_json(half())),
      R"({"progress":"fine-tuning","done":500,"unit":"rows","elapsed_s":4.0,"total":1000,"left_s":4.0,"note":"loss .431"})");
}

TEST_F(ProgressStyles, JsonLinesComeAtMostOncePerSecondAndOnceAtTheEnd) {
  set_progress_style(ProgressStyle::kJsonLines);
  testing::internal::CaptureStderr();
  {
    Progress progress("scoring", 1000, "rows");
    for (int i = 0; i < 1000; ++i) progress.advance();
  }
  const auto lines = lines_of(testing::internal::GetCapturedStderr());
  ASSERT_GE(lines.size(), 1u);
  const Json last = parse_json(lines.back(), "stderr");
  EXPECT_EQ(last.at("done").as_int(), 1000);
  EXPECT_EQ(last.at("ended").as_string(), "finished");
  EXPECT_LE(static_cast<double>(lines.size()), 1 + last.at("elapsed_s").as_double() + 1);
}

TEST_F(ProgressStyles, AnExceptionEndsTheStepAsStopped) {
  set_progress_style(ProgressStyle::kJsonLines);
  testing::internal::CaptureStderr();
  try {
    Progress progress("scoring", 10, "rows");
    progress.advance(3);
    throw std::runtime_error("x");
  } catch (const std::runtime_error&) {
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr(R"("ended":"stopped")"));
}

TEST_F(ProgressStyles, SilentSaysNothing) {
  set_progress_style(ProgressStyle::kSilent);
  testing::internal::CaptureStderr();
  {
    Progress progress("scoring", 10, "rows");
    progress.advance(10);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(ProgressStyles, AutomaticIsJsonLinesWhereStderrIsNoTerminal) {
  set_progress_style(ProgressStyle::kAutomatic);
  testing::internal::CaptureStderr();
  EXPECT_EQ(progress_style(), ProgressStyle::kJsonLines);
  testing::internal::GetCapturedStderr();
}

/// What `body` writes to stderr in a child whose stderr is a terminal of `columns`.
template <class Body>
std::string on_terminal(unsigned short columns, Body body) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) throw std::runtime_error("no pseudo-terminal");
  const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
  const winsize size{.ws_row = 24, .ws_col = columns};
  ::ioctl(slave, TIOCSWINSZ, &size);
  const pid_t child = test::start_child([&] {
    ::dup2(slave, STDERR_FILENO);
    ::close(slave);
    body();
    return 0;
  });
  ::close(slave);
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = ::read(master, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(got));
  ::close(master);
  EXPECT_EQ(test::wait_for(child), 0);
  return text;
}

TEST(ProgressTerminal, DrawsABarOverItselfAndEndsTheLine) {
  const std::string text = on_terminal(100, [] {
    Progress progress("scoring", 10, "rows");
    progress.advance(10);
    std::this_thread::sleep_for(std::chrono::milliseconds(1010));
  });
  EXPECT_THAT(text, HasSubstr("\rscoring"));
  EXPECT_THAT(text, HasSubstr("[########################]  100%  10/10 rows"));
  EXPECT_TRUE(text.ends_with("\x1b[K\r\n"));
}

TEST(ProgressTerminal, AQuickStepLeavesNoLine) {
  const std::string text = on_terminal(100, [] {
    Progress progress("scoring", 10, "rows");
    progress.advance(10);
  });
  EXPECT_THAT(text, HasSubstr("100%  10/10 rows"));
  EXPECT_TRUE(text.ends_with("\r\x1b[K"));
}

TEST(ProgressTerminal, ALogLineClearsTheBarFirst) {
  const std::string text = on_terminal(100, [] {
    Progress progress("scoring", 10, "rows");
    log_warning("something happened");
    progress.advance(10);
  });
  EXPECT_THAT(text, HasSubstr("\r\x1b[Kwarning: something happened\r\n\rscoring"));
}

TEST(ProgressTerminal, NoLineIsWiderThanTheTerminal) {
  const std::string text = on_terminal(50, [] {
    Progress progress("scoring", 10, "rows");
    progress.note(std::string(100, 'n'));
    progress.advance(10);
  });
  for (std::string line : lines_of(text)) {
    const size_t start = line.rfind("\rscoring");
    ASSERT_NE(start, std::string::npos);
    EXPECT_LT(line.find("\x1b[K", start) - start - 1, 50u);
  }
}

}  // namespace
}  // namespace rift
