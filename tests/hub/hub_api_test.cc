#include "rift/hub/hub_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rift/hub/git_blob.h"
#include "support/failure.h"
#include "support/temp_directory.h"
#include "support/variable.h"

namespace rift::hub {
namespace {

using test::failure;
using test::Variable;
using testing::HasSubstr;
using testing::StartsWith;

std::string listing_with(const std::string& siblings) {
  return R"({"sha": "0123456789abcdef0123456789abcdef01234567", "siblings": [)" + siblings + "]}";
}

std::string entry(const std::string& name) {
  return R"({"rfilename": ")" + name + R"(", "size": 3, "blobId": "0123456789abcdef0123456789abcdef01234567"})";
}

// FIPS 180-4 examples; the last is what `git hash-object` says of the file "hello\n".
TEST(Sha1, AgreesWithKnownDigests) {
  const auto digest = [](std::string_view text, size_t step) {
    Sha1 hash;
    for (size_t at = 0; at < text.size(); at += step) hash.update(text.substr(at, step));
    return hash.finish_hex();
  };
  EXPECT_EQ(digest("", 1), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(digest("abc", 1), "a9993e364706816aba3e25717850c26c9cd0d89d");
  const std::string two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  for (const size_t step : {1, 7, 55, 100})
    EXPECT_EQ(digest(two_blocks, step), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(digest(std::string(1'000'000, 'a'), 4096), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  EXPECT_EQ(digest(git_blob_head(6) + "hello\n", 3), "ce013625030ba8dba906f756967f9e9ca394464a");
}

TEST(HubListing, IsReadWithItsDigests) {
  const std::string sha256(64, 'a');
  const HubModel model = read_listing(
      listing_with(entry("a/b.json") + R"(, {"rfilename": "w.bin", "size": 9, "blobId": "x", "lfs": {"sha256": ")" +
                   sha256 + R"("}})"),
      "hub");
  ASSERT_EQ(model.files.size(), 2u);
  EXPECT_EQ(model.files[0].name, "a/b.json");
  EXPECT_FALSE(model.files[0].is_lfs);
  EXPECT_EQ(model.files[1].digest, sha256);
  EXPECT_TRUE(model.files[1].is_lfs);
}

TEST(HubListing, SizesThatNoFileHasAreRefused) {
  const auto sized = [](const std::string& size) {
    return listing_with(R"({"rfilename": "a", "size": )" + size +
                        R"(, "blobId": "0123456789abcdef0123456789abcdef01234567"})");
  };
  EXPECT_EQ(read_listing(sized("1099511627776"), "hub").files[0].size_bytes, int64_t{1} << 40);
  for (const char* size : {"1099511627777", "4611686018427387904", "9223372036854775807", "-1"})
    EXPECT_THAT(failure([&] { read_listing(sized(size), "hub"); }), HasSubstr("at most 1 TiB")) << size;
}

TEST(HubListing, NamesThatLeaveTheDirectoryAreRefused) {
  for (const char* name :
       {"../x", "a/../../x", "/etc/passwd", "", "a//b", "./a", "a/.", "..", "a\\\\b", "a\\u0000b", "a\\nb"}) {
    EXPECT_THAT(failure([&] { read_listing(listing_with(entry(name)), "hub"); }),
                testing::AllOf(StartsWith("artefact"), HasSubstr("would not lie inside")))
        << name;
  }
  EXPECT_THAT(failure([&] { read_listing(listing_with(entry("a") + "," + entry("a")), "hub"); }), HasSubstr("twice"));
}

TEST(HubListing, DigestsThatAreNoneAreRefused) {
  for (const char* digest : {"../../../x", "", "0123456789ABCDEF0123456789abcdef01234567"}) {
    const std::string siblings = std::string(R"({"rfilename": "a", "size": 3, "blobId": ")") + digest + R"("})";
    EXPECT_THAT(failure([&] { read_listing(listing_with(siblings), "hub"); }), HasSubstr("no digest")) << digest;
  }
  EXPECT_THAT(failure([&] { read_listing(R"({"sha": "main", "siblings": []})", "hub"); }), HasSubstr("is HF_ENDPOINT"));
}

TEST(HubSettings, ComeFromTheVariablesOfHuggingFace) {
  const test::TempDirectory nothing;
  const Variable offline("HF_HUB_OFFLINE", ""), transformers("TRANSFORMERS_OFFLINE", ""), token("HF_TOKEN", ""),
      endpoint("HF_ENDPOINT", ""), home("HF_HOME", nothing.path().string());
  EXPECT_EQ(hub_settings().endpoint, "https://huggingface.co");
  EXPECT_FALSE(hub_settings().offline);
  {
    const Variable on("HF_HUB_OFFLINE", "True");
    EXPECT_TRUE(hub_settings().offline);
  }
  {
    const Variable mirror("HF_ENDPOINT", "https://mirror.bank/hf/"), secret("HF_TOKEN", "hf_abc\n");
    EXPECT_EQ(hub_settings().endpoint, "https://mirror.bank/hf");
    EXPECT_EQ(hub_settings().token, "hf_abc");
  }
  for (const char* bad : {"ftp://x", "mirror.bank", "https://", "https://user:secret@x", "http://a b"}) {
    const Variable wrong("HF_ENDPOINT", bad);
    EXPECT_THAT(failure([] { hub_settings(); }), StartsWith("configuration: HF_ENDPOINT")) << bad;
  }
}

TEST(HubSettings, TheTokenOfALoginIsFoundWhereHuggingFacesLibrariesFindIt) {
  const test::TempDirectory folder;
  const std::string root = folder.path().string();
  const Variable offline("HF_HUB_OFFLINE", ""), transformers("TRANSFORMERS_OFFLINE", ""), endpoint("HF_ENDPOINT", ""),
      token("HF_TOKEN", ""), older("HUGGING_FACE_HUB_TOKEN", ""), path("HF_TOKEN_PATH", ""), hf_home("HF_HOME", ""),
      cache("XDG_CACHE_HOME", ""), home("HOME", root), implicit("HF_HUB_DISABLE_IMPLICIT_TOKEN", "");
  EXPECT_EQ(hub_settings().token, "");
  const auto expect_found = [](const std::string& text, const std::string& source) {
    EXPECT_EQ(hub_settings().token, text);
    EXPECT_EQ(hub_settings().token_source, source);
  };
  folder.write(".cache/huggingface/token", "hf_of_home\n");
  expect_found("hf_of_home", root + "/.cache/huggingface/token");
  folder.write("xdg/huggingface/token", " hf_of_xdg\r\n");
  const Variable xdg("XDG_CACHE_HOME", root + "/xdg");
  expect_found("hf_of_xdg", root + "/xdg/huggingface/token");
  folder.write("hf/token", "hf_of_hf_home");
  const Variable own("HF_HOME", "~/hf");
  expect_found("hf_of_hf_home", root + "/hf/token");
  folder.write("elsewhere", "hf_of_path");
  const Variable named("HF_TOKEN_PATH", root + "/elsewhere");
  expect_found("hf_of_path", root + "/elsewhere");
  const Variable before("HUGGING_FACE_HUB_TOKEN", "hf_of_old_name");
  expect_found("hf_of_old_name", "HUGGING_FACE_HUB_TOKEN");
  const Variable now("HF_TOKEN", " hf_of_variable ");
  expect_found("hf_of_variable", "HF_TOKEN");
  const Variable without("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
  expect_found("", "");
}

TEST(HubSettings, ATokenFileThatIsNoneIsNamedAndNotShown) {
  const test::TempDirectory folder;
  const Variable offline("HF_HUB_OFFLINE", ""), transformers("TRANSFORMERS_OFFLINE", ""), endpoint("HF_ENDPOINT", ""),
      token("HF_TOKEN", ""), older("HUGGING_FACE_HUB_TOKEN", ""), implicit("HF_HUB_DISABLE_IMPLICIT_TOKEN", ""),
      path("HF_TOKEN_PATH", (folder / "token").string());
  EXPECT_EQ(hub_settings().token, "") << "the file is not there";
  for (const char* nothing : {"", "\n", "  \r\n"}) {
    folder.write("token", nothing);
    EXPECT_EQ(hub_settings().token, "");
    EXPECT_EQ(hub_settings().token_source, "");
  }
  for (const std::string& bad : {std::string("hf_abc\r\nX-Other: 1"), std::string("hf_abc\0d", 8),
                                 std::string("hf_abc \xC3\xA4"), std::string(5000, 'h') + "hf_abc"}) {
    folder.write("token", bad);
    EXPECT_THAT(failure([] { hub_settings(); }),
                testing::AllOf(HasSubstr((folder / "token").string()), Not(HasSubstr("hf_abc"))));
    const Variable not_asked("HF_HUB_OFFLINE", "1");
    EXPECT_EQ(failure([] { hub_settings(); }), "nothing");
  }
  folder.write("token", "hf_abc");
  const Variable mirror("HF_ENDPOINT", "http://mirror.bank");
  EXPECT_EQ(hub_settings().token, "") << "a mirror asked by http gets none, and is asked all the same";
}

TEST(HubSettings, ATokenIsNeverSentInTheClearNorShown) {
  const Variable offline("HF_HUB_OFFLINE", "");
  {
    const Variable endpoint("HF_ENDPOINT", "http://mirror.bank"), token("HF_TOKEN", "hf_abc");
    EXPECT_THAT(failure([] { hub_settings(); }), testing::AllOf(HasSubstr("in the clear"), Not(HasSubstr("hf_abc"))));
  }
  for (const char* here : {"http://127.0.0.1:8080", "http://localhost", "http://[::1]:80"}) {
    const Variable endpoint("HF_ENDPOINT", here), token("HF_TOKEN", "hf_abc");
    EXPECT_EQ(failure([] { hub_settings(); }), "nothing") << here;
  }
  for (const char* not_here : {"http://127.0.0.1.evil.org", "http://localhost.evil.org:80"}) {
    const Variable endpoint("HF_ENDPOINT", not_here), token("HF_TOKEN", "hf_abc");
    EXPECT_THAT(failure([] { hub_settings(); }), HasSubstr("in the clear")) << not_here;
  }
  const Variable token("HF_TOKEN", "hf_abc\r\nX-Other: 1");
  EXPECT_THAT(failure([] { hub_settings(); }),
              testing::AllOf(StartsWith("configuration: HF_TOKEN"), Not(HasSubstr("hf_abc"))));
}

}  // namespace
}  // namespace rift::hub
