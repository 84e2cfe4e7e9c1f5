#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "cli/program.h"
#include "cli/tiny_model.h"
#include "hub/hub_server.h"
#include "support/variable.h"

namespace rift::test {

/// A hub with the model org/tiny, and a cache of its own for the program.
class FetchCase : public testing::Test {
 protected:
  void SetUp() override {
    RIFT_SKIP_WITHOUT_PYTHON();
    write_tiny_model(folder_ / "root/tiny");
    folder_.write("root/tiny/README.md", "---\nlicense: mit\n---\n");
    server_ = std::make_unique<HubServer>(folder_ / "root");
    endpoint_ = std::make_unique<Variable>("HF_ENDPOINT", server_->endpoint());
  }

  TempDirectory folder_;
  std::unique_ptr<HubServer> server_;
  std::unique_ptr<Variable> endpoint_;
  Variable cache_{"HF_HUB_CACHE", (folder_ / "cache").string()}, online_{"HF_HUB_OFFLINE", ""}, token_{"HF_TOKEN", ""},
      transformers_{"TRANSFORMERS_OFFLINE", ""}, older_token_{"HUGGING_FACE_HUB_TOKEN", ""},
      implicit_{"HF_HUB_DISABLE_IMPLICIT_TOKEN", ""}, token_file_{"HF_TOKEN_PATH", (folder_ / "token").string()};
};

}  // namespace rift::test
