#include "rift/base/sha256.h"

#include <gmock/gmock.h>

#include "rift/base/random.h"
#include "rift/base/sha256_blocks.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift {
namespace {

// Source: FIPS 180-4 examples (NIST "SHA256.pdf") and NESSIE set 1.
TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

std::string random_bytes(size_t size, uint64_t stream) {
  const CounterRandom random(1, stream);
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(random.below(i, 256));
  return bytes;
}

TEST(Sha256, DoesNotDependOnHowTheBytesArrive) {
  const std::string bytes = random_bytes(1000, 0);
  const std::string whole = sha256_hex(bytes);
  for (size_t step : {1u, 3u, 55u, 56u, 63u, 64u, 65u, 127u, 999u}) {
    Sha256 hash;
    hash.update(std::string_view());
    for (size_t at = 0; at < bytes.size(); at += step) hash.update(std::string_view(bytes).substr(at, step));
    EXPECT_EQ(hash.finish_hex(), whole) << "step " << step;
  }
}

TEST(Sha256, EveryLengthAroundABlockHasItsOwnDigest) {
  std::vector<std::string> digests;
  for (size_t size = 0; size <= 130; ++size) digests.push_back(sha256_hex(std::string(size, '\0')));
  std::sort(digests.begin(), digests.end());
  EXPECT_EQ(std::unique(digests.begin(), digests.end()), digests.end());
  // head -c 119 /dev/zero | sha256sum
  EXPECT_EQ(sha256_hex(std::string(119, '\0')), "f616b0d54e78571a9611f343c9f8e022e859e920381ab0e4d3da01e193a7bd7e");
}

TEST(Sha256, InstructionsAndPortableCodeAgree) {
  if (!sha256::has_instructions()) GTEST_SKIP() << "this CPU has no SHA instructions";
  for (size_t count : {1u, 2u, 3u, 17u}) {
    const std::string bytes = random_bytes(64 * count, count);
    const CounterRandom random(2, count);
    sha256::State portable;
    for (size_t i = 0; i < portable.size(); ++i) portable[i] = static_cast<uint32_t>(random.bits(i));
    sha256::State fast = portable;
    const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
    sha256::blocks_portable(portable, data, count);
    sha256::blocks_with_instructions(fast, data, count);
    EXPECT_EQ(fast, portable) << count << " blocks";
  }
}

TEST(Sha256, PortableCodeGivesTheKnownAnswer) {
  // "abc" padded by hand; the class may have taken the instructions instead.
  std::array<uint8_t, 64> block{'a', 'b', 'c', 0x80};
  block[63] = 24;
  sha256::State state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  sha256::blocks_portable(state, block.data(), 1);
  EXPECT_EQ(state, (sha256::State{0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c, 0xb410ff61,
                                  0xf20015ad}));
}

TEST(Sha256File, HashesTheWholeFile) {
  const test::TempDirectory directory;
  const std::string bytes = random_bytes(3'000'001, 9);
  test::write_plainly(directory / "x", bytes);
  EXPECT_EQ(sha256_file(directory / "x"), sha256_hex(bytes));
}

TEST(Sha256File, NamesTheFileThatCannotBeRead) {
  const test::TempDirectory directory;
  EXPECT_THAT(test::message_of(Code::kArtefact, [&] { sha256_file(directory / "none"); }), testing::HasSubstr("none"));
  test::message_of(Code::kArtefact, [&] { sha256_file(directory.path()); });
}

}  // namespace
}  // namespace rift
