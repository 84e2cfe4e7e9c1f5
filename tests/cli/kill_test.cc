#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>

#include "cli/program.h"
#include "cli/run_files.h"
#include "rift/base/json.h"
#include "support/outside_data.h"

// The program killed at moments that its own files and lines tell, never after a time, and what is left to go on with.
// The model is the packaged MiniLM: its 90 MB take long enough to write that a kill hits the writing.
namespace rift::test {
namespace {

namespace fs = std::filesystem;
using Moment = std::function<bool(const fs::path& run, const std::string& said)>;

constexpr const char* kRunFile = "examples/german_credit/run.yaml";
constexpr int kRows = 120;

Moment line(const std::string& text) {
  return [text](const fs::path&, const std::string& said) { return said.find(text) != std::string::npos; };
}

Moment path(const std::string& part) {
  return [part](const fs::path& run, const std::string&) { return has_path(run, part); };
}

/// A temporary directory `stage` ("models/gbdt/.package.tmp-") that holds `file` already.
Moment staged(const std::string& stage, const std::string& file) {
  return [stage, file](const fs::path& run, const std::string&) {
    std::error_code ignored;
    const fs::path folder = (run / stage).parent_path();
    for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
      if (entry->path().string().starts_with((run / stage).string()) && fs::exists(entry->path() / file)) return true;
    }
    return false;
  };
}

fs::file_time_type newest_in(const fs::path& folder) {
  fs::file_time_type newest = fs::file_time_type::min();
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
    newest = std::max(newest, entry->last_write_time(ignored));
  }
  return newest;
}

class Kill : public testing::Test {
 protected:
  void SetUp() override {
    RIFT_SKIP_WITHOUT_MINILM();
    std::ifstream all("examples/german_credit/german.csv");
    std::ofstream few(folder_ / "few.csv");
    std::string record;
    for (int i = 0; i <= kRows && std::getline(all, record); ++i) few << record << '\n';
  }

  std::vector<std::string> arguments(const std::string& verb, const std::string& run,
                                     const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {verb, kRunFile, "--out", (folder_ / run).string(), "--threads", "1"};
    for (const std::string& setting :
         {"data.source=" + (folder_ / "few.csv").string(), std::string("compare.tries=1"), std::string("split.k=3"),
          std::string("split.fold=0"), std::string("compare.models=[scorecard, gbdt, fine-tuned, fusion]"),
          std::string("tuning={method: top_k, layers: 1}"), std::string("model.text.max_tokens=12"),
          std::string("model.fusion.folds=2"), std::string("optim.batch_rows=8"), std::string("optim.epochs=1"),
          std::string("train.checkpoint_every_steps=2")}) {
      words.insert(words.end(), {"--set", setting});
    }
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  std::string said() const { return text_of(folder_ / "stderr"); }

  /// Starts the program, sends `signal` when the moment has come and returns how the program ended.
  int stop_at(const Moment& moment, const fs::path& run, const std::vector<std::string>& words, int signal = SIGKILL) {
    const pid_t pid = start_program(folder_.path(), words);
    const int status = stop_program_at(
        pid, [&] { return moment(run, said()); }, signal);
    if (HasFailure()) std::cerr << said();
    return status;
  }

  /// Each published package is one of the `whole` ones, file for file, and each JSON file that stands in its place
  /// reads.
  void expect_nothing_half_written(const fs::path& run, const std::vector<fs::path>& whole) const {
    for (const auto& entry : fs::recursive_directory_iterator(run)) {
      const std::string inside = entry.path().lexically_relative(run).string();
      if (inside.find(".tmp-") != std::string::npos || inside.starts_with("unfinished")) continue;
      if (entry.is_regular_file() && entry.path().extension() == ".json") {
        EXPECT_NO_THROW(parse_json(text_of(entry.path()), inside));
      }
      if (!entry.is_directory() || entry.path().filename() != "package") continue;
      const auto files = files_of(entry.path());
      bool is_whole = false;
      for (const fs::path& one : whole) is_whole |= files == files_of(one / inside);
      EXPECT_TRUE(is_whole) << inside << " is none of the whole ones: " << testing::PrintToString(names_of(files));
    }
  }

  TempDirectory folder_;
};

TEST_F(Kill, AComparisonGoesOnFromEveryMomentToTheSameBytes) {
  const ProgramRun uninterrupted = run_program(arguments("compare", "whole"));
  ASSERT_EQ(uninterrupted.status, 0) << uninterrupted.err;
  const fs::path run = folder_ / "run", whole = folder_ / "whole";
  struct Stop {
    const char* what;
    Moment moment;
    const char* goes_on;  // what the next run says
  };
  const std::vector<Stop> stops = {
      {"boosted trees are fitted", line("\"progress\":\"gbdt: fold 2/2\""), "finished before  model=scorecard"},
      {"a checkpoint of the fine-tuning", path("checkpoints/step-000004"), "going on from a checkpoint"},
      {"a fold of the fine-tuning", line("\"progress\":\"fine-tuned: fold 1/2\""), "finished before  model=gbdt"},
      {"the finished fine-tuning is kept", staged("unfinished/fine-tuned/0-1/.package.tmp-", "model.safetensors"),
       "finished before  model=gbdt"},
      {"a package is begun", path("models/fine-tuned/.package.tmp-"), "finished before  model=fine-tuned"},
      {"a package's weights are written", staged("models/fusion/.package.tmp-", "model.safetensors"),
       "finished before  model=fine-tuned"},
      {"a package is read again", staged("models/fine-tuned/.package.tmp-", "manifest.json"),
       "finished before  model=fine-tuned"},
      {"every package is there",
       [](const fs::path& run, const std::string&) {
         int packages = 0;
         for (const char* model : {"scorecard", "gbdt", "fine-tuned", "fusion"}) {
           packages += fs::exists(run / "models" / model / "package");
         }
         return packages == 4;
       },
       "finished before  model=fine-tuned"}};
  int hit_while_writing = 0;
  std::string goes_on;
  for (const Stop& stop : stops) {
    SCOPED_TRACE(stop.what);
    EXPECT_EQ(stop_at(stop.moment, run, arguments("compare", "run", {"--resume"})), 128 + SIGKILL);
    EXPECT_THAT(said(), testing::HasSubstr(goes_on));
    goes_on = stop.goes_on;
    hit_while_writing += has_path(run / "models", "/.package.tmp-");
    expect_nothing_half_written(run, {whole});
    if (HasFailure()) return;
  }
  EXPECT_GE(hit_while_writing, 1) << "no kill hit a package while it was written";
  const ProgramRun last = run_program(arguments("compare", "run", {"--resume"}));
  ASSERT_EQ(last.status, 0) << last.err;
  EXPECT_THAT(last.err, testing::HasSubstr(goes_on));
  expect_same_run(run, whole);
}

TEST_F(Kill, APackageThatIsReplacedIsTheOlderOrTheNewerWhole) {
  const std::vector<std::string> other = {"--set", "train.seed=2"};
  for (const auto& [name, more] : {std::pair{"older", std::vector<std::string>{}}, std::pair{"newer", other},
                                   std::pair{"run", std::vector<std::string>{}}}) {
    const ProgramRun trained = run_program(arguments("train", name, more));
    ASSERT_EQ(trained.status, 0) << trained.err;
  }
  const fs::path run = folder_ / "run", older = folder_ / "older", newer = folder_ / "newer";
  ASSERT_NE(text_of(older / "package/model.safetensors"), text_of(newer / "package/model.safetensors"));
  const auto published = newest_in(run / "package");
  const Moment replaced = [&](const fs::path&, const std::string&) { return newest_in(run / "package") > published; };
  for (const Moment& moment : {path("checkpoints/step-000004"), staged(".package.tmp-", "rift.json"),
                               staged(".package.tmp-", "manifest.json"), replaced}) {
    EXPECT_EQ(stop_at(moment, run, arguments("train", "run", {"--set", "train.seed=2", "--overwrite"})), 128 + SIGKILL);
    EXPECT_TRUE(fs::exists(run / "package"));
    expect_nothing_half_written(run, {older, newer});
  }
  const ProgramRun last = run_program(arguments("train", "run", {"--set", "train.seed=2", "--overwrite", "--resume"}));
  ASSERT_EQ(last.status, 0) << last.err;
  EXPECT_THAT(last.err, testing::HasSubstr("going on from a checkpoint"));
  expect_same_run(run, newer);
}

TEST_F(Kill, AnInterruptedTrainingSaysHowToGoOnAndDoes) {
  const ProgramRun uninterrupted = run_program(arguments("train", "whole", {"--set", "optim.epochs=4"}));
  ASSERT_EQ(uninterrupted.status, 0) << uninterrupted.err;
  const fs::path run = folder_ / "run";
  const std::vector<std::string> words = arguments("train", "run", {"--set", "optim.epochs=4"});
  EXPECT_EQ(stop_at(path("checkpoints/step-000004"), run, words, SIGINT), 128 + SIGINT);
  EXPECT_THAT(said(), testing::HasSubstr("--resume"));
  EXPECT_FALSE(fs::exists(run / "package"));
  const ProgramRun last = run_program(arguments("train", "run", {"--set", "optim.epochs=4", "--resume"}));
  ASSERT_EQ(last.status, 0) << last.err;
  EXPECT_THAT(last.err, testing::HasSubstr("going on from a checkpoint"));
  expect_same_run(run, folder_ / "whole");
}

}  // namespace
}  // namespace rift::test
