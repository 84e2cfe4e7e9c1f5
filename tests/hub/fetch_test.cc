#include "rift/hub/fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>

#include "hub/hub_server.h"
#include "rift/base/interrupt.h"
#include "rift/base/progress.h"
#include "rift/hub/cache.h"
#include "support/child.h"
#include "support/failure.h"
#include "support/variable.h"

// Against a hub of our own on this machine, tests/hub/hub_server.py, whose faults go by the first part of the name.
namespace rift::hub {
namespace {

namespace fs = std::filesystem;
using test::failure;
using test::HubServer;
using test::TempDirectory;
using test::text_of;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr size_t kWeightsBytes = 40'000;

class Fetch : public testing::Test {
 protected:
  void SetUp() override {
    RIFT_SKIP_WITHOUT_PYTHON();
    set_progress_style(ProgressStyle::kSilent);
    for (size_t i = 0; i < kWeightsBytes; ++i) weights_ += static_cast<char>(i * i / 7 + i);
    folder_.write("root/tower/config.json", "{\"model_type\": \"bert\"}\n");
    folder_.write("root/tower/1_Pooling/config.json", "{}");
    folder_.write("root/tower/vocab.txt", "[PAD]\n[UNK]\n");
    folder_.write("root/tower/empty.txt", "");
    folder_.write("root/tower/model.safetensors", weights_);
    folder_.write("root/tower/copy.safetensors", weights_);
    server_ = std::make_unique<HubServer>(folder_ / "root");
  }

  FetchSpec spec(const std::string& id) const {
    return {.id = id,
            .hub = {.endpoint = server_->endpoint()},
            .cache = folder_ / "cache",
            .choose = [](std::span<const std::string> names) { return std::vector(names.begin(), names.end()); },
            .retry = {.attempts = 3, .first_wait_ms = 1}};
  }
  FetchResult get(const std::string& id) const { return fetch(spec(id)); }

  /// Blobs that are there or on their way, by what their names end with.
  std::vector<fs::path> blobs(const std::string& id, std::string_view ending = "") const {
    std::vector<fs::path> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder_ / "cache" / cache_folder(id) / "blobs", ignored)) {
      if (entry.path().string().ends_with(ending)) found.push_back(entry.path());
    }
    return found;
  }
  bool has_ref(const std::string& id) const { return !find_snapshot(folder_ / "cache", id).empty(); }

  TempDirectory folder_;
  std::string weights_;
  std::unique_ptr<HubServer> server_;
};

TEST_F(Fetch, FillsTheCacheAsHuggingFacesLibrariesDo) {
  const FetchResult result = get("org/tower");
  EXPECT_EQ(result.directory, find_snapshot(folder_ / "cache", "org/tower"));
  EXPECT_EQ(result.directory.filename(), result.commit);
  EXPECT_EQ(text_of(result.directory / "model.safetensors"), weights_);
  EXPECT_EQ(text_of(result.directory / "1_Pooling/config.json"), "{}");
  EXPECT_EQ(text_of(result.directory / "empty.txt"), "");
  const fs::path link = fs::read_symlink(result.directory / "1_Pooling/config.json");
  EXPECT_THAT(link.string(), StartsWith("../../../blobs/"));
  EXPECT_EQ(text_of(folder_ / "cache/models--org--tower/refs/main"), result.commit);
  EXPECT_EQ(blobs("org/tower").size(), 5u);  // six files, two of them equal
  EXPECT_TRUE(blobs("org/tower", ".incomplete").empty());
  EXPECT_EQ(server_->logged("cdn GET"), 1);
  EXPECT_EQ(result.files.size(), 6u);
}

TEST_F(Fetch, ASecondOneDownloadsNothing) {
  get("org/tower");
  const int before = server_->logged("/resolve/");
  const FetchResult again = get("org/tower");
  EXPECT_EQ(again.downloaded_bytes, 0);
  EXPECT_EQ(server_->logged("/resolve/"), before);
}

TEST_F(Fetch, ABlobThatWasDamagedIsFetchedAgain) {
  const FetchResult first = get("org/tower");
  const fs::path blob = fs::canonical(first.directory / "model.safetensors");
  std::string bytes = weights_;
  bytes[7] ^= 1;
  test::write_plainly(blob, bytes);
  EXPECT_EQ(get("org/tower").downloaded_bytes, static_cast<int64_t>(2 * kWeightsBytes));  // two names of one blob
  EXPECT_EQ(text_of(blob), weights_);
}

TEST_F(Fetch, RevisionsAreBranchesOrCommits) {
  FetchSpec branch = spec("org/tower");
  branch.revision = "feature/x";
  const FetchResult result = fetch(branch);
  EXPECT_EQ(text_of(folder_ / "cache/models--org--tower/refs/feature/x"), result.commit);
  EXPECT_FALSE(has_ref("org/tower"));
  EXPECT_EQ(server_->logged("/revision/feature%2Fx?"), 1);
  FetchSpec commit = spec("org/tower");
  commit.revision = result.commit;
  EXPECT_EQ(fetch(commit).downloaded_bytes, 0);
  FetchSpec none = spec("org/tower");
  none.revision = "v9";
  EXPECT_THAT(failure([&] { fetch(none); }), AllOf(StartsWith("artefact"), HasSubstr("no such revision")));
  none.revision = "../x";
  EXPECT_THAT(failure([&] { fetch(none); }), StartsWith("configuration"));
}

TEST_F(Fetch, GoesOnWhereItEnded) {
  const std::string digest = fs::canonical(get("org/tower").directory / "model.safetensors").filename();
  for (const char* id : {"resume/tower", "norange/tower"}) {
    folder_.write("cache/" + cache_folder(id) + "/blobs/" + digest + ".incomplete", weights_.substr(0, 12'345));
    const FetchResult result = get(id);
    EXPECT_EQ(text_of(result.directory / "model.safetensors"), weights_) << id;
    EXPECT_EQ(
        server_->logged(std::string("cdn GET /") + id + "/model.safetensors?signature=s3cr3t range=bytes=12345-") +
            server_->logged(std::string("cdn GET /") + id + "/copy.safetensors?signature=s3cr3t range=bytes=12345-"),
        1)
        << server_->log();
  }
}

TEST_F(Fetch, WhatWasLeftOfAnotherFileIsForgotten) {
  const std::string digest = fs::canonical(get("org/tower").directory / "model.safetensors").filename();
  for (const std::string& left : {std::string(500, 'x'), weights_ + "x", std::string(kWeightsBytes, 'x')}) {
    const std::string id = "left" + std::to_string(left.size()) + "/tower";
    folder_.write("cache/" + cache_folder(id) + "/blobs/" + digest + ".incomplete", left);
    EXPECT_EQ(text_of(get(id).directory / "model.safetensors"), weights_);
  }
}

TEST_F(Fetch, ABusyHubAndABrokenConnectionAreTriedAgain) {
  for (const char* id : {"busy/tower", "wait/tower", "cut-once/tower", "cut/tower"}) {
    EXPECT_EQ(text_of(get(id).directory / "model.safetensors"), weights_) << id;
  }
  EXPECT_GT(server_->logged("cdn GET /cut/tower/copy.safetensors?signature=s3cr3t range=bytes="), 3);
}

TEST_F(Fetch, WhatIsWrongIsNotKept) {
  EXPECT_THAT(failure([&] { get("corrupt/tower"); }),
              AllOf(StartsWith("artefact"), HasSubstr("copy.safetensors"), HasSubstr("another SHA-256")));
  EXPECT_THAT(failure([&] { get("long/tower"); }), AllOf(StartsWith("artefact"), HasSubstr("states 40000 bytes")));
  EXPECT_THAT(failure([&] { get("short/tower"); }),
              AllOf(StartsWith("environment"), HasSubstr("39990 of 40000 bytes came")));
  for (const char* id : {"corrupt/tower", "long/tower"}) {
    for (const fs::path& part : blobs(id, ".incomplete")) EXPECT_EQ(fs::file_size(part), 0u) << part;
  }
  for (const char* id : {"corrupt/tower", "long/tower", "short/tower"}) {
    EXPECT_FALSE(has_ref(id)) << id;
    EXPECT_FALSE(fs::exists(folder_ / "cache" / cache_folder(id) / "snapshots")) << id;
  }
}

TEST_F(Fetch, RedirectsAreHeldToTheirBounds) {
  EXPECT_THAT(failure([&] { get("loop/tower"); }),
              AllOf(StartsWith("environment"), HasSubstr("more than 10 redirects")));
  EXPECT_THAT(failure([&] { get("elsewhere/tower"); }), AllOf(StartsWith("environment"), HasSubstr("a redirect to")));
}

TEST_F(Fetch, WhoIsNotLetInIsToldWhatToDo) {
  EXPECT_THAT(failure([&] { get("gated/tower"); }), AllOf(StartsWith("environment"), HasSubstr("accept its terms")));
  EXPECT_THAT(failure([&] { get("private/tower"); }), HasSubstr("set HF_TOKEN"));
  EXPECT_THAT(failure([&] { get("org/none"); }), HasSubstr("there is no model org/none"));
  EXPECT_THAT(failure([&] { get("down/tower"); }), HasSubstr("answers 500"));
  EXPECT_EQ(server_->logged("/down/tower/"), 3);
  EXPECT_THAT(failure([&] { get("forever/tower"); }), HasSubstr("asks to wait 100000 s"));
  EXPECT_THAT(failure([&] { get("html/tower"); }), StartsWith("artefact"));
  EXPECT_THAT(failure([&] { get("nohash/tower"); }), HasSubstr("no digest"));
  EXPECT_THAT(failure([&] { get("outside/tower"); }), AllOf(StartsWith("artefact"), HasSubstr("'../../outside'")));
  FetchSpec offline = spec("org/tower");
  offline.hub.offline = true;
  const int before = server_->logged("\n");
  EXPECT_THAT(failure([&] { fetch(offline); }), AllOf(StartsWith("unsupported"), HasSubstr("HF_HUB_OFFLINE")));
  EXPECT_EQ(server_->logged("\n"), before);
  FetchSpec nobody = spec("org/tower");
  nobody.hub.endpoint = "http://127.0.0.1:1";
  EXPECT_THAT(failure([&] { fetch(nobody); }), AllOf(StartsWith("environment"), HasSubstr("is there a network")));
}

TEST_F(Fetch, TheTokenGoesToTheHubAlone) {
  FetchSpec with_token = spec("private/tower");
  with_token.hub.token = "hf_secret";
  EXPECT_EQ(text_of(fetch(with_token).directory / "model.safetensors"), weights_);
  EXPECT_EQ(server_->logged("cdn GET"), 1);
  EXPECT_EQ(server_->logged("token=None"), 1) << server_->log();  // where the hub redirects to
}

TEST_F(Fetch, TheTokenFollowsARedirectToTheSameHostAndPortOnly) {
  FetchSpec with_token = spec("port/tower");
  with_token.hub.token = "hf_secret";
  EXPECT_EQ(text_of(fetch(with_token).directory / "model.safetensors"), weights_);
  EXPECT_EQ(server_->logged("cdn GET"), 1);
  EXPECT_EQ(server_->logged("token=None"), 1) << server_->log();  // the same host, another port
  with_token = spec("moved/tower");  // the listing comes by two redirects: to the hub itself, then elsewhere
  with_token.hub.token = "hf_secret";
  EXPECT_EQ(text_of(fetch(with_token).directory / "model.safetensors"), weights_);
  constexpr std::string_view kListing = "/api/models/moved/tower/revision/main?blobs=true range=None token=";
  EXPECT_EQ(server_->logged("api GET " + std::string(kListing) + "Bearer hf_secret"), 2);
  EXPECT_EQ(server_->logged("cdn GET " + std::string(kListing) + "None"), 1);
  EXPECT_EQ(server_->logged("cdn GET"), 3);
  EXPECT_EQ(server_->logged("token=None"), 3) << server_->log();
}

TEST_F(Fetch, NoProxySeesAToken) {
  const test::Variable proxy("http_proxy", "http://127.0.0.1:1"), none("no_proxy", ""), all("NO_PROXY", "");
  EXPECT_THAT(failure([&] { get("org/tower"); }), StartsWith("environment"));
  FetchSpec with_token = spec("private/tower");
  with_token.hub.token = "hf_secret";
  EXPECT_EQ(text_of(fetch(with_token).directory / "model.safetensors"), weights_);
}

TEST_F(Fetch, CertificatesAreChecked) {
  const fs::path pem = folder_ / "hub.pem";
  const std::string make =
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "
      "subjectAltName=IP:127.0.0.1,DNS:localhost -keyout '" +
      pem.string() + "' -out '" + pem.string() + ".crt' 2>/dev/null && cat '" + pem.string() + ".crt' >> '" +
      pem.string() + "'";
  if (std::system(make.c_str()) != 0) GTEST_SKIP() << "openssl is not there, which makes the hub's certificate";
  const HubServer secure(folder_ / "root", pem);
  FetchSpec spec_of_it = spec("org/tower");
  spec_of_it.hub.endpoint = secure.endpoint();
  const test::Variable none("SSL_CERT_FILE", "");
  EXPECT_THAT(failure([&] { fetch(spec_of_it); }), AllOf(StartsWith("environment"), HasSubstr("is not trusted")));
  const test::Variable own("SSL_CERT_FILE", pem.string() + ".crt");
  EXPECT_EQ(text_of(fetch(spec_of_it).directory / "model.safetensors"), weights_);
}

TEST_F(Fetch, ToADirectoryOfItsOwnWholeOrNotAtAll) {
  FetchSpec own = spec("short/tower");
  own.to = folder_ / "own";
  failure([&] { fetch(own); });
  EXPECT_FALSE(fs::exists(*own.to));
  own.id = "org/tower";
  const FetchResult result = fetch(own);
  EXPECT_EQ(result.directory, *own.to);
  EXPECT_EQ(text_of(*own.to / "model.safetensors"), weights_);
  EXPECT_FALSE(fs::is_symlink(*own.to / "model.safetensors"));
  EXPECT_EQ(origin_of(*own.to)->commit, result.commit);
  EXPECT_EQ(fetch(own).downloaded_bytes, 0);
  folder_.write("own/vocab.txt", "changed");
  EXPECT_THAT(failure([&] { fetch(own); }), AllOf(StartsWith("configuration"), HasSubstr("is not org/tower")));
  for (const std::string& name : folder_.names()) EXPECT_THAT(name, Not(HasSubstr("fetch-")));
}

TEST_F(Fetch, WhatAnEarlierOneChoseAndThisOneDoesNotIsLeftOut) {
  FetchSpec own = spec("org/tower");
  own.to = folder_ / "own";
  const std::string stage = ".own.fetch-" + fetch(own).commit.substr(0, 12);
  fs::rename(*own.to, folder_ / stage);  // as far as a fetch of all files may have come
  folder_.write(stage + "/onnx/model.onnx", "of another choice");
  own.choose = [](std::span<const std::string>) {
    return std::vector<std::string>{"config.json", "model.safetensors"};
  };
  EXPECT_EQ(fetch(own).downloaded_bytes, 0);
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(*own.to)) names.push_back(entry.path().filename());
  EXPECT_THAT(names, testing::UnorderedElementsAre(".cache", "config.json", "model.safetensors"));
  EXPECT_FALSE(fs::exists(*own.to / kNotesFolder / "vocab.txt.metadata"));
}

TEST_F(Fetch, ProgressCountsBytesThatCameTwiceOnce) {
  const std::string blob = fs::canonical(get("org/tower").directory / "model.safetensors").filename();
  folder_.write("cache/" + cache_folder("norange/tower") + "/blobs/" + blob + ".incomplete",
                weights_.substr(0, 30'000));
  set_progress_style(ProgressStyle::kJsonLines);
  testing::internal::CaptureStderr();
  get("norange/tower");
  const std::string said = testing::internal::GetCapturedStderr();
  const std::string last = said.substr(said.rfind("{\"progress\""));
  const Json line = parse_json(last.substr(0, last.find('\n')), "stderr");
  EXPECT_EQ(line.at("done"), line.at("total")) << said;
}

TEST_F(Fetch, SaysThatAModelHasAnotherNameNow) {
  testing::internal::CaptureStderr();
  get("renamed/tower");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("calls renamed/tower org/tower now"));
}

TEST_F(Fetch, InterruptedItGoesOnLater) {
  FetchSpec slow = spec("slow/tower");
  const pid_t child = test::start_child([&] {
    install_interrupt_handler();
    try {
      fetch(slow);
    } catch (const Error& error) {
      return error.code() == Code::kInterrupted ? 42 : 1;
    }
    return 0;
  });
  const auto weights_have_begun = [&] {  // the small files before them come and go
    const auto incomplete = blobs("slow/tower", ".incomplete");
    return std::ranges::any_of(incomplete, [](const auto& file) {
      std::error_code gone;
      const auto size = fs::file_size(file, gone);
      return !gone && size >= 3000;
    });
  };
  for (int i = 0; i < 1500 && !weights_have_begun(); ++i) ::usleep(20'000);
  ::kill(child, SIGINT);
  EXPECT_EQ(test::wait_for(child), 42);
  ASSERT_EQ(blobs("slow/tower", ".incomplete").size(), 1u);
  const auto kept = fs::file_size(blobs("slow/tower", ".incomplete")[0]);
  EXPECT_GE(kept, 3000u);
  EXPECT_FALSE(has_ref("slow/tower"));
  EXPECT_EQ(text_of(get("slow/tower").directory / "model.safetensors"), weights_);
  EXPECT_EQ(server_->logged("s3cr3t range=bytes=" + std::to_string(kept) + "-"), 1) << server_->log();
}

TEST_F(Fetch, TwoProcessesAtOnceDoNotDisturbEachOther) {
  const FetchSpec slow = spec("slow/tower");
  const auto run = [&] { return fetch(slow).files.size() == 6 ? 0 : 1; };
  const pid_t one = test::start_child(run), two = test::start_child(run);
  EXPECT_EQ(test::wait_for(one), 0);
  EXPECT_EQ(test::wait_for(two), 0);
  EXPECT_EQ(server_->logged("cdn GET"), 1) << server_->log();
}

TEST_F(Fetch, ProcessesAtOnceIntoOneDirectoryDownloadItOnce) {
  FetchSpec slow = spec("slow/tower");
  slow.to = folder_ / "own";
  const auto run = [&] { return fetch(slow).files.size() == 6 ? 0 : 1; };
  const std::array<pid_t, 3> children = {test::start_child(run), test::start_child(run), test::start_child(run)};
  for (const pid_t child : children) EXPECT_EQ(test::wait_for(child), 0);
  EXPECT_EQ(text_of(folder_ / "own/model.safetensors"), weights_);
  EXPECT_EQ(server_->logged("cdn GET"), 2) << server_->log();  // two names of equal bytes
  for (const std::string& name : folder_.names()) EXPECT_THAT(name, Not(HasSubstr(".fetch")));
}

TEST_F(Fetch, WritesThroughNoLinkThatAnotherHasLaid) {
  folder_.write("private", "mine");
  FetchSpec own = spec("org/tower");
  own.to = folder_ / "own";
  const std::string commit = fetch(own).commit.substr(0, 12);
  fs::remove_all(*own.to);
  const fs::path stage = folder_ / (".own.fetch-" + commit);
  fs::create_directories(stage / kNotesFolder);
  fs::create_symlink(folder_ / "private", stage / kNotesFolder / "model.safetensors.incomplete");
  EXPECT_THAT(failure([&] { fetch(own); }), AllOf(StartsWith("environment"), HasSubstr("is a link")));
  fs::remove_all(stage);
  fs::create_directory_symlink(folder_.folder("elsewhere"), stage);
  EXPECT_THAT(failure([&] { fetch(own); }), AllOf(StartsWith("environment"), HasSubstr("no folder of this user")));
  EXPECT_EQ(text_of(folder_ / "private"), "mine");
  EXPECT_TRUE(fs::is_empty(folder_ / "elsewhere"));
}

}  // namespace
}  // namespace rift::hub
