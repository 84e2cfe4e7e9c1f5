#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "rift/checkpoint/convert.h"
#include "rift/checkpoint/tensor_file.h"
#include "support/client.h"
#include "support/temp_directory.h"

// Files of more than 4 GiB, whose archive has sizes and offsets that 32 bits cannot hold, between torch and rift.
namespace rift::checkpoint {
namespace {

namespace fs = std::filesystem;
using test::TempDirectory;

constexpr int64_t kGiB = int64_t{1} << 30;
constexpr int64_t kDisk = 10 * kGiB;   // torch's file and ours
constexpr int64_t kMemory = 6 * kGiB;  // of the one large tensor, in torch or in rift
constexpr int64_t kLargeBytes = 4 * kGiB + 12'345;

/// A number of kB out of /proc, in bytes; 0 when it is not there.
int64_t proc_bytes(const char* file, const std::string& key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with(key + ":")) return 1024 * std::stoll(line.substr(key.size() + 1));
  }
  return 0;
}

/// Counts the peak of memory from here on.
void reset_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }
int64_t peak_bytes() { return proc_bytes("/proc/self/status", "VmHWM"); }
int64_t held_bytes() { return proc_bytes("/proc/self/status", "VmRSS"); }

TEST(LargeTorchFile, IsReadWhereItIsNeededAndWritten) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  const TempDirectory directory;
  const auto free_bytes = static_cast<int64_t>(fs::space(directory.path()).available);
  if (free_bytes < kDisk) {
    GTEST_SKIP() << directory.path() << " has " << free_bytes / kGiB << " GiB free, this test needs " << kDisk / kGiB
                 << "; TMPDIR names another place";
  }
  const int64_t available = proc_bytes("/proc/meminfo", "MemAvailable");
  if (available < kMemory) {
    GTEST_SKIP() << available / kGiB << " GiB of memory are available, this test needs " << kMemory / kGiB;
  }
  auto run = test::run_client("tests/checkpoint/clients/large_file.py", {"save", directory / "theirs.pt"});
  ASSERT_EQ(run.status, 0) << run.output;
  ASSERT_GT(fs::file_size(directory / "theirs.pt"), 4 * kGiB);

  reset_peak();
  const int64_t held_before = held_bytes();
  {
    const auto archive = open_archive(directory / "theirs.pt");
    ASSERT_EQ(archive->tensors().size(), 3u);
    EXPECT_EQ(archive->at("large").size_bytes(), kLargeBytes);
    EXPECT_LT(archive->at("before").begin, kGiB);
    EXPECT_GT(archive->at("behind").begin, 4 * kGiB);
    const at::Tensor before = read_tensor(*archive, archive->at("before"));
    const at::Tensor behind = read_tensor(*archive, archive->at("behind"));
    ASSERT_EQ(behind.sizes(), (std::vector<int64_t>{50, 20}));
    EXPECT_EQ(before[2].item<float>(), 0.25F);
    for (int64_t i = 0; i < 1000; ++i) ASSERT_EQ(behind[i / 20][i % 20].item<int64_t>(), 3 * i);
  }
  EXPECT_LT(peak_bytes() - held_before, int64_t{64} << 20) << "the file is 4 GiB, what was read of it a few kB";

  const ConvertResult made =
      convert_model({.source = directory / "theirs.pt", .out = directory / "ours.pt", .to = WeightsFormat::kTorch});
  EXPECT_EQ(made.tensors, 3);
  run = test::run_client("tests/checkpoint/clients/large_file.py",
                         {"same", directory / "theirs.pt", directory / "ours.pt"});
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_THAT(run.output, testing::HasSubstr("all checks hold"));
}

}  // namespace
}  // namespace rift::checkpoint
