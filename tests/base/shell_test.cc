#include "rift/base/shell.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace rift {
namespace {

std::string as_a_shell_reads(const std::string& word) {
  std::FILE* pipe = ::popen(("printf %s " + word).c_str(), "r");
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  ::pclose(pipe);
  return text;
}

TEST(ShellWord, AShellReadsItBack) {
  for (const std::string word : {"run.yaml", "my runs/it's \"new\".yaml", "$HOME", "a\nb", "数据/run.yaml", "*"}) {
    EXPECT_EQ(as_a_shell_reads(shell_word(word)), word);
  }
  EXPECT_EQ(shell_word("runs/demo/run.yaml"), "runs/demo/run.yaml");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace rift
