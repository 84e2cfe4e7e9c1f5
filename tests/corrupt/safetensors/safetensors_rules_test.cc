#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "corrupt/safetensors/forge.h"

// One test a rule, in the order in which the format's rules and then rift's own limits are stated.
namespace rift {
namespace {

using forge::file;
using forge::u64;
using forge::verdict;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

auto refused(const char* why) { return AllOf(StartsWith("artefact: forged.safetensors"), HasSubstr(why)); }

constexpr const char* kOneTensor = R"({"t":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})";

TEST(SafetensorsRules, AWholeFileIsAccepted) {
  const auto opened = forge::open(file(kOneTensor, 16));
  ASSERT_EQ(opened.tensors().size(), 1u);
  EXPECT_EQ(opened.at("t").shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(opened.at("t").dtype, checkpoint::format::DType::kF32);
  std::vector<std::byte> bytes(16);
  opened.read(opened.at("t"), bytes);
  EXPECT_EQ(bytes, std::vector<std::byte>(16, std::byte{1}));
}

TEST(SafetensorsRules, FewerThanEightBytesAreRefused) {
  for (size_t size = 0; size < 8; ++size) EXPECT_THAT(verdict(std::string(size, '\0')), refused("at least 8 bytes"));
}

TEST(SafetensorsRules, HeaderLengthIsReadAsLittleEndianAndBounded) {
  // "<" * 8 and 0xFF * 8 are the header_too_large vectors of the safetensors library.
  EXPECT_THAT(verdict(u64(0x3c3c3c3c3c3c3c3cull)), refused("has at most 100000000"));
  EXPECT_THAT(verdict(u64(~uint64_t{0})), refused("has at most 100000000"));
  EXPECT_THAT(verdict(u64(100'000'001) + "{}"), refused("has at most 100000000"));
  EXPECT_THAT(verdict(u64(100'000'000) + "{}"), refused("header needs 100000008 bytes, the file has 10"));
  EXPECT_THAT(verdict(std::string("\0\0\0\0\0\0\0\x02", 8) + "{}"), refused("has at most 100000000"));
}

TEST(SafetensorsRules, HeaderLongerThanTheFileIsRefused) {
  EXPECT_THAT(verdict(u64(3) + "{}"), refused("it is cut"));
  EXPECT_THAT(verdict(u64(1)), refused("it is cut"));
}

TEST(SafetensorsRules, EveryTruncationIsRefused) {
  const std::string whole = file(kOneTensor, 16);
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_THAT(verdict(whole.substr(0, size)), refused(""));
}

TEST(SafetensorsRules, InvalidUtf8IsRefused) {
  EXPECT_THAT(verdict(file("{\"t\xff\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4)),
              refused("header"));
  EXPECT_THAT(verdict(file("{\"__metadata__\":{\"a\":\"\xc0\xaf\"}}")), refused("header"));
  EXPECT_THAT(verdict(file("\xff\xfe{}")), refused("header"));
}

TEST(SafetensorsRules, HeaderThatIsNotAJsonMappingIsRefused) {
  for (const char* header : {"", "{", "[]", "3", "null", "\"t\"", "{}{}", "{} x", "{'t':1}", "{\"t\":}", "\x01\x02"}) {
    EXPECT_THAT(verdict(file(header)), refused("header")) << header;
  }
}

TEST(SafetensorsRules, BlanksAroundTheHeaderAreAcceptedNothingElse) {
  EXPECT_EQ(verdict(file("{}      ")), "accepted");
  EXPECT_EQ(verdict(file("\t {}\n")), "accepted");  // as the safetensors library's reader does
  EXPECT_THAT(verdict(file(std::string("{}\0", 3))), refused("header"));
  EXPECT_THAT(verdict(file(std::string("{}\0PK\x03\x04", 7))), refused("header"));
  EXPECT_THAT(verdict(file("\xEF\xBB\xBF{}")), refused("header"));
}

TEST(SafetensorsRules, MetadataIsTextToTextOnly) {
  const auto opened = forge::open(file(R"({"__metadata__":{"format":"pt","b":"","a":"x"}})"));
  const checkpoint::format::Metadata expected = {{"format", "pt"}, {"b", ""}, {"a", "x"}};
  EXPECT_EQ(opened.metadata(), expected);
  EXPECT_THAT(verdict(file(R"({"__metadata__":{"n":1}})")), refused("__metadata__: 'n': expected a text"));
  EXPECT_THAT(verdict(file(R"({"__metadata__":{"n":null}})")), refused("expected a text"));
  EXPECT_THAT(verdict(file(R"({"__metadata__":{"n":{}}})")), refused("expected a text"));
  EXPECT_THAT(verdict(file(R"({"__metadata__":[]})")), refused("expected a mapping"));
  EXPECT_THAT(verdict(file(R"({"__metadata__":"pt"})")), refused("expected a mapping"));
}

TEST(SafetensorsRules, DuplicateKeysAreRefused) {
  const std::string entry = R"("t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  EXPECT_THAT(verdict(file("{" + entry + "," + entry + "}", 1)), refused("t"));
  EXPECT_THAT(verdict(file("{" + entry + R"(,"\u0074":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1)),
              refused(""));
  EXPECT_THAT(verdict(file(R"({"t":{"dtype":"U8","dtype":"F32","shape":[1],"data_offsets":[0,1]}})", 1)),
              refused("dtype"));
  EXPECT_THAT(verdict(file(R"({"__metadata__":{},"__metadata__":{}})")), refused("__metadata__"));
}

TEST(SafetensorsRules, TensorHasExactlyItsThreeKeys) {
  EXPECT_THAT(verdict(file(R"({"t":{"shape":[1],"data_offsets":[0,1]}})", 1)),
              refused("tensor 't': 'dtype' is missing"));
  EXPECT_THAT(verdict(file(R"({"t":{"dtype":"U8","data_offsets":[0,1]}})", 1)), refused("'shape' is missing"));
  EXPECT_THAT(verdict(file(R"({"t":{"dtype":"U8","shape":[1]}})", 1)), refused("'data_offsets' is missing"));
  EXPECT_THAT(verdict(file(R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":0}})", 1)),
              refused("unexpected key 'x'"));
  EXPECT_THAT(verdict(file(R"({"t":[]})")), refused("expected a mapping"));
  EXPECT_THAT(verdict(file(R"({"t":null})")), refused("expected a mapping"));
}

TEST(SafetensorsRules, WrongKindsInATensorAreRefused) {
  const auto entry = [](const char* dtype, const char* shape, const char* offsets) {
    return file(fmt::format(R"({{"t":{{"dtype":{},"shape":{},"data_offsets":{}}}}})", dtype, shape, offsets), 1);
  };
  ASSERT_EQ(verdict(entry("\"U8\"", "[1]", "[0,1]")), "accepted");
  EXPECT_THAT(verdict(entry("1", "[1]", "[0,1]")), refused("dtype: expected a text"));
  EXPECT_THAT(verdict(entry("\"U8\"", "1", "[0,1]")), refused("shape: expected a list"));
  EXPECT_THAT(verdict(entry("\"U8\"", "[-1]", "[0,1]")), refused("shape"));
  EXPECT_THAT(verdict(entry("\"U8\"", "[1.0]", "[0,1]")), refused("shape"));
  EXPECT_THAT(verdict(entry("\"U8\"", "[\"1\"]", "[0,1]")), refused("shape"));
  EXPECT_THAT(verdict(entry("\"U8\"", "[null]", "[0,1]")), refused("shape"));
  EXPECT_THAT(verdict(entry("\"U8\"", "[1]", "{}")), refused("data_offsets"));
  EXPECT_THAT(verdict(entry("\"U8\"", "[1]", "[0]")), refused("data_offsets"));
  EXPECT_THAT(verdict(entry("\"U8\"", "[1]", "[0,1,1]")), refused("data_offsets"));
  EXPECT_THAT(verdict(entry("\"U8\"", "[1]", "[-1,0]")), refused("data_offsets"));
  EXPECT_THAT(verdict(entry("\"U8\"", "[1]", "[0,1e0]")), refused("data_offsets"));
}

TEST(SafetensorsRules, FirstTensorBeginsAtZero) {
  EXPECT_THAT(verdict(file(R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2)),
              refused("there is a hole before it"));
}

TEST(SafetensorsRules, HolesBetweenTensorsAreRefused) {
  const char* header =
      R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})";
  EXPECT_THAT(verdict(file(header, 3)),
              refused("tensor 'b': expected to begin at byte 1 of the data, begins at 2; there is a hole"));
}

TEST(SafetensorsRules, OverlapsAreRefused) {
  const char* header =
      R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})";
  EXPECT_THAT(verdict(file(header, 3)), refused("it overlaps the tensor before"));
}

TEST(SafetensorsRules, ManyTensorsOverTheSameBytesAreRefused) {
  std::string header = "{";
  for (int i = 0; i < 10; ++i) header += fmt::format(R"("t{}":{{"dtype":"U8","shape":[4],"data_offsets":[0,4]}},)", i);
  header.back() = '}';
  EXPECT_THAT(verdict(file(header, 4)), refused("it overlaps the tensor before"));
}

TEST(SafetensorsRules, TensorsMayStandInAnyOrderInTheHeader) {
  const char* header =
      R"({"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  const auto opened = forge::open(file(header, 3));
  EXPECT_EQ(opened.tensors().at(0).name, "a");
  EXPECT_EQ(opened.tensors().at(1).name, "b");
}

TEST(SafetensorsRules, EndBeforeBeginIsRefused) {
  EXPECT_THAT(verdict(file(R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}})", 2)),
              refused("expected begin <= end"));
}

TEST(SafetensorsRules, ShapeMustFillItsBytesExactly) {
  EXPECT_THAT(verdict(file(R"({"t":{"dtype":"F32","shape":[2,2],"data_offsets":[0,20]}})", 20)),
              refused("tensor 't': F32 [2,2] needs 16 bytes, data_offsets [0,20] hold 20"));
  EXPECT_THAT(verdict(file(R"({"t":{"dtype":"I64","shape":[],"data_offsets":[0,4]}})", 4)), refused("needs 8 bytes"));
}

TEST(SafetensorsRules, ProductsThatPassTheIntegerRangeAreRefused) {
  // The vectors of the library's test_validation_overflow, and a product that wraps to the right size.
  for (const char* shape : {"[2,18446744073709551614]", "[2,9223372036854775807]", "[9223372036854775807,2]",
                            "[4294967296,4294967296]", "[3037000500,3037000500]", "[1e30]", "[9223372036854775808]"}) {
    const std::string header = fmt::format(R"({{"t":{{"dtype":"F32","shape":{},"data_offsets":[0,16]}}}})", shape);
    EXPECT_THAT(verdict(file(header, 16)), refused("")) << shape;
  }
  EXPECT_THAT(
      verdict(file(R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775807,9223372036854775807]}})")),
      refused("needs 1 bytes"));
  EXPECT_THAT(verdict(file(R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551617]}})", 1)),
              refused(""));
}

TEST(SafetensorsRules, BytesBehindTheLastTensorAreRefused) {
  // What makes polyglot files possible: an archive or a program appended to a valid file.
  EXPECT_THAT(verdict(file(kOneTensor, 17)), refused("something else is appended"));
  EXPECT_THAT(verdict(file("{}", 1)), refused("something else is appended"));
}

TEST(SafetensorsRules, MissingDataIsRefused) { EXPECT_THAT(verdict(file(kOneTensor, 15)), refused("it is cut")); }

TEST(SafetensorsRules, EmptyFilesEmptyTensorsAndScalarsAreLegal) {
  EXPECT_EQ(verdict(file("{}")), "accepted");
  const char* header =
      R"({"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"e":{"dtype":"F32","shape":[2,0],"data_offsets":[4,4]},
                           "f":{"dtype":"I64","shape":[0],"data_offsets":[0,0]}})";
  const auto opened = forge::open(file(header, 4));
  EXPECT_EQ(opened.at("s").size_bytes(), 4);
  EXPECT_EQ(opened.at("e").size_bytes(), 0);
  EXPECT_EQ(opened.at("f").size_bytes(), 0);
  opened.read(opened.at("e"), {});
}

TEST(SafetensorsRules, UnknownAndUnreadElementTypesAreToldApart) {
  const auto entry = [](const char* dtype) {
    return file(fmt::format(R"({{"t":{{"dtype":"{}","shape":[8],"data_offsets":[0,8]}}}})", dtype), 8);
  };
  for (const char* dtype : {"F8_E4M3", "F8_E5M2"})
    EXPECT_THAT(verdict(entry(dtype)), AllOf(StartsWith("unsupported"), HasSubstr("convert it to one of BOOL")));
  EXPECT_THAT(verdict(entry("f32")), refused("dtype: expected one of"));
  EXPECT_THAT(verdict(entry("")), refused("dtype: expected one of"));
}

TEST(SafetensorsLimits, HeaderBytes) {
  const std::string header = "{" + std::string(1000, ' ') + "}";
  EXPECT_THAT(verdict(file(header), {.max_header_bytes = 1001}), refused("header has 1002 bytes, the limit is 1001"));
  EXPECT_EQ(verdict(file(header), {.max_header_bytes = 1002}), "accepted");
}

TEST(SafetensorsLimits, Tensors) {
  std::string header = "{\"__metadata__\":{},";
  for (int i = 0; i < 5; ++i) header += fmt::format(R"("t{}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}},)", i);
  header.back() = '}';
  EXPECT_THAT(verdict(file(header), {.max_tensors = 4}), refused("lists 5 tensors, the limit is 4"));
  EXPECT_EQ(verdict(file(header), {.max_tensors = 5}), "accepted");
}

TEST(SafetensorsLimits, HeaderBloatOfAHundredThousandTensorsIsRefused) {
  std::string header = "{";
  for (int i = 0; i <= 100'000; ++i)
    header += fmt::format(R"("{}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}},)", i);
  header.back() = '}';
  EXPECT_THAT(verdict(file(header)), refused("lists 100001 tensors, the limit is 100000"));
}

TEST(SafetensorsLimits, Rank) {
  const auto with_rank = [](int rank) {
    std::string shape = "1";
    for (int i = 1; i < rank; ++i) shape += ",1";
    return file(fmt::format(R"({{"t":{{"dtype":"U8","shape":[{}],"data_offsets":[0,1]}}}})", shape), 1);
  };
  EXPECT_EQ(verdict(with_rank(8)), "accepted");
  EXPECT_THAT(verdict(with_rank(9)), refused("at most 8 dimensions, got 9"));
}

TEST(SafetensorsLimits, NamesAreShortAndPrintable) {
  const auto named = [](const std::string& name) {
    return file("{\"" + name + R"(":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1);
  };
  EXPECT_EQ(verdict(named(std::string(512, 'a'))), "accepted");
  EXPECT_THAT(verdict(named(std::string(513, 'a'))), refused("1 to 512 bytes, got 513"));
  EXPECT_THAT(verdict(named("")), refused("1 to 512 bytes, got 0"));
  EXPECT_THAT(verdict(named("a\\nb")), refused("tensor 'a?b': the name holds a byte"));
  EXPECT_THAT(verdict(named("a\\u0000b")), refused("tensor 'a?b'"));
  EXPECT_THAT(verdict(named("\\u202emodel")), refused("not printable"));
}

TEST(SafetensorsLimits, Depth) {
  EXPECT_THAT(verdict(file(R"({"t":{"dtype":"U8","shape":[[[1]]],"data_offsets":[0,1]}})", 1)), refused(""));
  const std::string deep = "{\"t\":" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}";
  EXPECT_THAT(verdict(file(deep)), refused("header"));
}

}  // namespace
}  // namespace rift
