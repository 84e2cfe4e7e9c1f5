#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "rift/base/files.h"
#include "support/child.h"
#include "support/client.h"
#include "support/temp_directory.h"
#include "train/toy_run.h"

// MLflow's library reads what a run left in a file store and on a tracking server.
namespace rift::train {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kScript = "tests/train/clients/mlflow_runs.py";

/// MLflow's own server on 127.0.0.1, for as long as this lives.
class MlflowOfTests {
 public:
  explicit MlflowOfTests(const fs::path& folder) {
    std::array<int, 2> in{}, out{};
    if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0) throw std::runtime_error("no pipe");
    const std::string python = test::client_python().string(), place = folder.string();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      for (const int end : {in[0], in[1], out[0], out[1]}) ::close(end);
      ::execl(python.c_str(), python.c_str(), "-B", kScript, "serve", place.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    stdin_ = in[1];
    for (char digit = 0; ::read(out[0], &digit, 1) == 1 && digit != '\n';) port_ += digit;
    ::close(out[0]);
  }
  MlflowOfTests(const MlflowOfTests&) = delete;
  MlflowOfTests& operator=(const MlflowOfTests&) = delete;
  ~MlflowOfTests() {
    ::close(stdin_);
    test::wait_for(pid_);
  }
  std::string address() const { return port_.empty() ? "" : "http://127.0.0.1:" + port_; }

 private:
  pid_t pid_ = -1;
  int stdin_ = -1;
  std::string port_;
};

/// A run of 20 epochs in `directory`; `stop_at`: the step at which it is stopped by a want of sense in a row.
void run_in(const fs::path& directory, const std::string& store, int64_t stop_at = -1) {
  Settings settings;
  settings.optim.epochs = 20;
  settings.train.mlflow = MlflowOptions{.store = store, .experiment = "credit risk", .name = ""};
  settings.train.early_stopping.patience = 0;
  const bool goes_on = fs::exists(directory / "checkpoints");
  test::ToyTask task;
  task.verdict = [&] { return 0.5; };
  task.forgetting = Json{{"parameter_distance", 0.25}, {"pretraining_loss", Json()}};
  task.on_part = [&] {
    if (static_cast<int64_t>(task.parts.size()) == stop_at) task.poisoned = 3;
  };
  fs::create_directories(directory);
  TrainerSpec spec = spec_of(task, settings, directory);
  spec.run = Json{{"settings", Json{{"optim", write_options(settings.optim)}, {"note", std::string(600, 'x')}}}};
  spec.resume = goes_on;
  if (stop_at < 0) {
    run_trainer(task, spec);
  } else {
    EXPECT_THROW(run_trainer(task, spec), Error);
  }
}

void expect_read(const std::string& store, const test::TempDirectory& folder) {
  run_in(folder / "whole", store);
  run_in(folder / "parts", store, 31);  // fails, and goes on from a checkpoint before
  run_in(folder / "parts", store);
  run_in(folder / "failed", store, 40);
  const auto client =
      test::run_client(kScript, {store, "credit risk", folder / "whole", folder / "parts", folder / "failed"});
  if (client.output.find("no mlflow") != std::string::npos) GTEST_SKIP() << client.output;
  EXPECT_EQ(client.status, 0) << client.output;
  EXPECT_THAT(client.output, AllOf(HasSubstr("whole FINISHED 460 figures"), HasSubstr("parts FINISHED 460 figures"),
                                   HasSubstr("failed FAILED"), HasSubstr("\"optim.lr\": \"0.05\"")));
}

TEST(MlflowClient, ReadsTheFileStore) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  const test::TempDirectory folder;
  expect_read((folder / "mlruns").string(), folder);
}

TEST(MlflowClient, ReadsWhatATrackingServerWasSent) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  const test::TempDirectory folder;
  const MlflowOfTests server(folder.path());
  if (server.address().empty()) GTEST_SKIP() << "the server of MLflow does not start: no mlflow?";
  expect_read(server.address(), folder);
}

}  // namespace
}  // namespace rift::train
