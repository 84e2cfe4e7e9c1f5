#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "corrupt/gguf/forge.h"

// One test a rule, in the order of the file: what llama.cpp's own catalogue of bad files holds (tests/test-gguf.cpp),
// then rift's limits.
namespace rift {
namespace {

using forge::array;
using forge::entry;
using forge::gguf;
using forge::gguf_text;
using forge::gguf_verdict;
using forge::GgufForge;
using forge::key;
using forge::number;
using forge::TensorEntry;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

auto refused(const char* why) { return AllOf(StartsWith("artefact: forged.gguf"), HasSubstr(why)); }
auto unsupported(const char* why) { return AllOf(StartsWith("unsupported: forged.gguf"), HasSubstr(why)); }

std::string with_keys(std::vector<std::string> keys) { return gguf_verdict(gguf({.keys = std::move(keys)})); }
std::string with_tensor(const TensorEntry& tensor, size_t data_bytes = 32) {
  return gguf_verdict(gguf({.tensors = {entry(tensor)}, .data_bytes = data_bytes}));
}

TEST(GgufRules, WholeFilesAreAccepted) {
  EXPECT_EQ(gguf_verdict(gguf()), "accepted");
  EXPECT_EQ(gguf_verdict(gguf({.version = 2})), "accepted");
  EXPECT_EQ(gguf_verdict(gguf({.tensors = {}, .data_bytes = 0})), "accepted");
  EXPECT_EQ(gguf_verdict(gguf({.data_bytes = 16})), "accepted") << "no padding behind the last tensor";
  const auto file = forge::open_gguf(gguf({.tensors = {entry({.sizes = {4, 2}})}}));
  EXPECT_EQ(file.at("t").shape, (std::vector<int64_t>{2, 4})) << "the fastest dimension last";
  std::vector<float> values(8);
  file.read(file.at("t"), std::as_writable_bytes(std::span(values)));
  EXPECT_EQ(values, std::vector<float>(8, std::bit_cast<float>(0x01010101)));
}

TEST(GgufRules, EveryTruncationIsRefused) {
  const std::string whole =
      gguf({.keys = {key("a", 4, number<uint32_t>(7)), key("b", 9, array(8, 2, gguf_text("x") + gguf_text("yz")))},
            .data_bytes = 16});
  ASSERT_EQ(gguf_verdict(whole), "accepted");
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_THAT(gguf_verdict(whole.substr(0, size)), refused(""));
}

TEST(GgufRules, Magic) {
  EXPECT_THAT(gguf_verdict(gguf({.magic = "GGUE"})), refused("starts with 'GGUF', got 'GGUE'"));
  EXPECT_THAT(gguf_verdict(gguf({.magic = "FUGG"})), refused("starts with 'GGUF'"));
  EXPECT_THAT(gguf_verdict(gguf({.magic = "\x01\x02\x03\x04"})), refused("starts with 'GGUF'"));
}

TEST(GgufRules, Versions) {
  EXPECT_THAT(gguf_verdict(gguf({.version = 0})), refused("version 0"));
  EXPECT_THAT(gguf_verdict(gguf({.version = 1})), unsupported("GGUF version 1"));
  EXPECT_THAT(gguf_verdict(gguf({.version = 4})), unsupported("GGUF version 4"));
  EXPECT_THAT(gguf_verdict(gguf({.version = 0x03000000})), unsupported("big-endian"));
}

TEST(GgufRules, Counts) {
  EXPECT_THAT(gguf_verdict(gguf({.tensor_count = ~uint64_t{0}})), refused("18446744073709551615 tensors"));
  EXPECT_THAT(gguf_verdict(gguf({.key_count = ~uint64_t{0}})), refused("18446744073709551615 keys"));
  EXPECT_THAT(gguf_verdict(gguf({.tensor_count = 90'000})), refused("90000 tensors need more than"));
  EXPECT_THAT(gguf_verdict(gguf({.key_count = 9'000})), refused("9000 keys need more than"));
  EXPECT_THAT(gguf_verdict(gguf({.tensor_count = 2})), refused(""));
  EXPECT_THAT(gguf_verdict(gguf({.tensor_count = 0})), refused("something else is appended"));
}

TEST(GgufRules, Keys) {
  EXPECT_THAT(with_keys({gguf_text("a", ~uint64_t{0}) + number<uint32_t>(4) + number<uint32_t>(1)}),
              refused("a text of 18446744073709551615 bytes"));
  EXPECT_THAT(with_keys({key("", 4, number<uint32_t>(1))}), refused("expected 1 to 256 printable"));
  EXPECT_THAT(with_keys({key("a\nb", 4, number<uint32_t>(1))}), refused("key 'a?b'"));
  EXPECT_THAT(with_keys({key(std::string(257, 'a'), 4, number<uint32_t>(1))}), refused("the limit is 256"));
  EXPECT_THAT(with_keys({key("a", 4, number<uint32_t>(1)), key("a", 0, "\x01")}), refused("two keys are called 'a'"));
}

TEST(GgufRules, Values) {
  EXPECT_THAT(with_keys({key("a", 13, number<uint32_t>(1))}), refused("unknown kind of value 13"));
  EXPECT_THAT(with_keys({key("a", 0xFFFFFFFF, number<uint32_t>(1))}), refused("unknown kind of value"));
  EXPECT_THAT(with_keys({key("a", 7, "\x02")}), refused("expected true or false (1 or 0), got 2"));
  EXPECT_THAT(with_keys({key("a", 8, gguf_text("x", uint64_t{1} << 40))}), refused("a text of 1099511627776 bytes"));
  EXPECT_THAT(with_keys({key("a", 9, array(9, 1, array(4, 0, "")))}), refused("arrays of arrays"));
  EXPECT_THAT(with_keys({key("a", 9, array(14, 1, ""))}), refused("unknown kind"));
  EXPECT_THAT(with_keys({key("a", 9, array(4, ~uint64_t{0}, ""))}), refused("18446744073709551615 items"));
  EXPECT_THAT(with_keys({key("a", 9, array(8, uint64_t{1} << 61, ""))}), refused("items need more than"));
  EXPECT_THAT(with_keys({key("a", 9, array(0, uint64_t{1} << 20, ""))}), refused("items need more than"));
}

TEST(GgufRules, EveryKindOfValueIsRead) {
  const auto file = forge::open_gguf(gguf({.keys = {
                                               key("u8", 0, "\xFF"),
                                               key("i8", 1, "\xFF"),
                                               key("u16", 2, number<uint16_t>(65535)),
                                               key("i16", 3, number<int16_t>(-2)),
                                               key("u32", 4, number<uint32_t>(4'000'000'000)),
                                               key("i32", 5, number<int32_t>(-3)),
                                               key("f32", 6, number<float>(0.5f)),
                                               key("bool", 7, "\x01"),
                                               key("text", 8, gguf_text(std::string("a\0\xFF", 3))),
                                               key("u64", 10, number<uint64_t>(~uint64_t{0})),
                                               key("i64", 11, number<int64_t>(INT64_MIN)),
                                               key("f64", 12, number<double>(-0.25)),
                                               key("texts", 9, array(8, 2, gguf_text("") + gguf_text("b"))),
                                               key("i8s", 9, array(1, 2, "\x01\xFE")),
                                               key("f32s", 9, array(6, 1, number<float>(1.5f))),
                                               key("bools", 9, array(7, 2, std::string("\x01\0", 2))),
                                           }}));
  EXPECT_EQ(file.whole_number("u8"), 255);
  EXPECT_EQ(file.whole_number("i8"), -1);
  EXPECT_EQ(file.whole_number("u16"), 65535);
  EXPECT_EQ(file.whole_number("i16"), -2);
  EXPECT_EQ(file.whole_number("u32"), 4'000'000'000);
  EXPECT_EQ(file.whole_number("i32"), -3);
  EXPECT_EQ(file.number("f32"), 0.5);
  EXPECT_TRUE(file.truth("bool"));
  EXPECT_EQ(file.text("text"), std::string("a\0\xFF", 3));
  EXPECT_EQ(file.whole_number("i64"), INT64_MIN);
  EXPECT_EQ(file.number("f64"), -0.25);
  EXPECT_EQ(file.texts("texts"), (std::vector<std::string>{"", "b"}));
  EXPECT_EQ(std::get<std::vector<int64_t>>(file.find_value("i8s")->data), (std::vector<int64_t>{1, -2}));
  EXPECT_EQ(std::get<std::vector<double>>(file.find_value("f32s")->data), (std::vector<double>{1.5}));
  EXPECT_EQ(std::get<std::vector<uint64_t>>(file.find_value("bools")->data), (std::vector<uint64_t>{1, 0}));
  const auto fault = [&](auto&& read) { return forge::verdict_of(read); };
  EXPECT_THAT(fault([&] { file.whole_number("u64"); }), refused("key 'u64': expected a whole number that fits"));
  EXPECT_THAT(fault([&] { file.whole_number("bool"); }), refused("expected a whole number"));
  EXPECT_THAT(fault([&] { file.truth("u8"); }), refused("expected true or false"));
  EXPECT_THAT(fault([&] { file.text("texts"); }), refused("expected a text"));
  EXPECT_THAT(fault([&] { file.number("none"); }), refused("key 'none' is missing"));
}

TEST(GgufRules, Alignment) {
  EXPECT_EQ(gguf_verdict(
                gguf({.keys = {key("general.alignment", 4, number<uint32_t>(8))}, .alignment = 8, .data_bytes = 16})),
            "accepted");
  EXPECT_THAT(with_keys({key("general.alignment", 4, number<uint32_t>(0))}), refused("expected a power of two"));
  EXPECT_THAT(with_keys({key("general.alignment", 4, number<uint32_t>(13))}), refused("expected a power of two"));
  EXPECT_THAT(with_keys({key("general.alignment", 4, number<uint32_t>(0x80000000))}), refused("up to 1048576"));
  EXPECT_THAT(with_keys({key("general.alignment", 5, number<int32_t>(32))}), refused("expected a u32"));
  EXPECT_THAT(with_keys({key("general.alignment", 8, gguf_text("32"))}), refused("expected a u32"));
  // The offsets were made for 32, the file says 64.
  EXPECT_THAT(gguf_verdict(gguf({.keys = {key("general.alignment", 4, number<uint32_t>(64))},
                                 .tensors = {entry({}), entry({.name = "u", .offset = 32})},
                                 .data_bytes = 64})),
              refused("expected at byte 64 of the data"));
}

TEST(GgufRules, TensorNames) {
  EXPECT_EQ(with_tensor({.name = std::string(63, 'a')}), "accepted");
  EXPECT_THAT(with_tensor({.name = std::string(64, 'a')}), refused("the limit is 63"));
  EXPECT_THAT(with_tensor({.name = ""}), refused("1 to 63 printable"));
  EXPECT_THAT(with_tensor({.name = std::string("a\0b", 3)}), refused("tensor 'a?b'"));
  EXPECT_THAT(gguf_verdict(gguf({.tensors = {entry({}), entry({.offset = 32})}, .data_bytes = 64})),
              refused("two tensors are called 't'"));
}

TEST(GgufRules, Shapes) {
  EXPECT_EQ(with_tensor({.sizes = {}}, 32), "accepted") << "one element";
  EXPECT_EQ(with_tensor({.sizes = {1, 2, 1, 2}}), "accepted");
  EXPECT_THAT(with_tensor({.sizes = {1, 1, 1, 1, 1}}), refused("at most 4 dimensions, got 5"));
  EXPECT_THAT(with_tensor({.rank = 0xFFFFFFFF}), refused("at most 4 dimensions"));
  EXPECT_THAT(with_tensor({.sizes = {-1}}), refused("dimension 0 is -1"));
  EXPECT_THAT(with_tensor({.sizes = {4, 0}}), refused("dimension 1 is 0"));
  EXPECT_THAT(with_tensor({.sizes = {INT64_MAX, 2}}), refused("passes 63 bits"));
  EXPECT_THAT(with_tensor({.sizes = {int64_t{1} << 32, int64_t{1} << 32}}), refused("passes 63 bits"));
  EXPECT_THAT(with_tensor({.sizes = {INT64_MAX / 4}, .type = 27}), refused("passes 63 bits")) << "I64: the bytes";
  EXPECT_THAT(with_tensor({.sizes = {int64_t{1} << 62}, .type = 10}), refused("passes 63 bits")) << "as F32";
  EXPECT_THAT(with_tensor({.sizes = {33}, .type = 8}),
              refused("rows of 33 elements are not whole blocks of 32 (Q8_0)"));
  EXPECT_THAT(with_tensor({.sizes = {32, 8}, .type = 12}), refused("not whole blocks of 256"));
}

TEST(GgufRules, Types) {
  EXPECT_THAT(with_tensor({.type = 16}), unsupported("IQ2_XXS is not read by rift"));
  EXPECT_THAT(with_tensor({.type = 39}), unsupported("MXFP4"));
  EXPECT_THAT(with_tensor({.type = 4}), refused("unknown element type 4"));  // Q4_2, removed from GGUF
  EXPECT_THAT(with_tensor({.type = 0xFFFFFFFF}), refused("unknown element type"));
}

TEST(GgufRules, TensorsFollowEachOther) {
  EXPECT_THAT(with_tensor({.offset = 32}, 64),
              refused("expected at byte 0 of the data, behind the tensor before it, got 32"));
  EXPECT_THAT(with_tensor({.offset = 1}), refused("got 1"));
  EXPECT_THAT(gguf_verdict(gguf({.tensors = {entry({}), entry({.name = "u", .offset = 0})}, .data_bytes = 64})),
              refused("tensor 'u': expected at byte 32"));
  EXPECT_THAT(
      gguf_verdict(gguf({.tensors = {entry({}), entry({.name = "u", .offset = ~uint64_t{0}})}, .data_bytes = 64})),
      refused("tensor 'u'"));
  EXPECT_EQ(gguf_verdict(gguf({.tensors = {entry({}), entry({.name = "u", .offset = 32})}, .data_bytes = 64})),
            "accepted");
}

TEST(GgufRules, SumsOfSizesThatPassTheIntegerRangeAreRefused) {
  // CVE-2025-53630 and CVE-2026-27940: two I8 tensors whose sizes wrap to something small.
  constexpr int64_t kHuge = 0x7FFFFFFFFFFFFFC0;
  EXPECT_THAT(gguf_verdict(gguf({.tensors = {entry({.sizes = {kHuge}, .type = 24}),
                                             entry({.name = "u", .sizes = {kHuge}, .type = 24, .offset = kHuge})}})),
              refused("the sizes of the tensors so far pass 63 bits"));
  EXPECT_THAT(with_tensor({.sizes = {INT64_MAX}, .type = 24}), refused("pass 63 bits")) << "its padding";
}

TEST(GgufRules, DataIsThereAndNothingElse) {
  // CVE-2026-7482: dimensions that need more than the file has.
  EXPECT_THAT(with_tensor({}, 15), refused("it is cut"));
  EXPECT_THAT(with_tensor({.sizes = {1 << 20, 1 << 10}}), refused("it is cut"));
  EXPECT_THAT(with_tensor({.sizes = {int64_t{1} << 60}, .type = 24}), refused("it is cut"));
  EXPECT_THAT(with_tensor({}, 33), refused("something else is appended"));
  EXPECT_THAT(gguf_verdict(gguf({.tensors = {}, .data_bytes = 1})), refused("something else is appended"));
}

TEST(GgufLimits, EachIsEnforced) {
  const std::string two_keys =
      gguf({.keys = {key("a", 8, gguf_text("xxxx")), key("b", 9, array(8, 2, gguf_text("yy") + gguf_text("z")))}});
  EXPECT_EQ(gguf_verdict(two_keys, {.max_text_bytes = 7, .max_items = 2, .max_keys = 2, .max_tensors = 1}), "accepted");
  EXPECT_THAT(gguf_verdict(two_keys, {.max_text_bytes = 6}), refused("b: a text of"));
  EXPECT_THAT(gguf_verdict(two_keys, {.max_text_bytes = 3}), refused("a: a text of 4 bytes, the limit is 3"));
  EXPECT_THAT(gguf_verdict(two_keys, {.max_items = 1}), refused("2 items so far, the limit is 1"));
  EXPECT_THAT(gguf_verdict(two_keys, {.max_keys = 1}), refused("2 keys, the limit is 1"));
  EXPECT_THAT(gguf_verdict(two_keys, {.max_tensors = 0}), refused("1 tensors, the limit is 0"));
}

}  // namespace
}  // namespace rift
