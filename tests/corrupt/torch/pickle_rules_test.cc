#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "corrupt/torch/forge.h"

// One test a rule of the pickle reader and of what a file must hold beside the pickle.
namespace rift {
namespace {

using namespace std::string_literals;
using forge::integer;
using forge::mapping;
using forge::name;
using forge::ordered_dict;
using forge::pickle_verdict;
using forge::storage;
using forge::tensor;
using forge::text;
using forge::torch_verdict;
using forge::tuple;
using forge::zip;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

auto refused(const char* why) { return AllOf(StartsWith("artefact: forged.pt"), HasSubstr(why)); }
auto unsupported(const char* why) { return AllOf(StartsWith("unsupported: forged.pt"), HasSubstr(why)); }

/// Verdict on the bytes of a whole data.pkl.
std::string raw_verdict(std::string bytes, const checkpoint::format::TorchFileLimits& limits = {}) {
  return torch_verdict(zip(forge::parts_with(std::move(bytes))), limits);
}

std::string tensor_verdict(const forge::TensorText& t) { return pickle_verdict(mapping(text("t") + tensor(t))); }

TEST(TorchPickle, EveryTruncationIsRefused) {
  const std::string whole = forge::pickle(mapping(text("t") + tensor()));
  ASSERT_EQ(raw_verdict(whole), "accepted");
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_THAT(raw_verdict(whole.substr(0, size)), refused(""));
}

TEST(TorchPickle, ProtocolTwoOnly) {
  EXPECT_THAT(raw_verdict("}."), refused("starts with PROTO"));
  EXPECT_THAT(raw_verdict("\x80\x04}."), unsupported("protocol 4"));
  EXPECT_THAT(raw_verdict("\x80\x01}."), unsupported("protocol 1"));
}

TEST(TorchPickle, NothingStandsBehindTheEnd) {
  EXPECT_THAT(raw_verdict("\x80\x02}.x"), refused("1 bytes behind the end"));
  EXPECT_THAT(raw_verdict("\x80\x02}.\x80\x02}."), refused("4 bytes behind the end"));
}

TEST(TorchPickle, EveryOtherInstructionIsUnsupported) {
  const std::string allowed = ".(}])t\x85\x86\x87N\x88\x89JKM\x8aGXUqrhjsuaecRbQ";
  for (int code = 0; code < 256; ++code) {
    if (allowed.find(static_cast<char>(code)) != std::string::npos) continue;
    EXPECT_THAT(raw_verdict("\x80\x02}"s + static_cast<char>(code) + std::string(16, '\0')), unsupported("instruction"))
        << code;
  }
}

TEST(TorchPickle, NamesThatRunSomethingAreRefused) {
  for (const auto& [module, called] :
       std::vector<std::pair<std::string, std::string>>{{"os", "system"},
                                                        {"posix", "system"},
                                                        {"builtins", "eval"},
                                                        {"__builtin__", "getattr"},
                                                        {"subprocess", "Popen"},
                                                        {"torch", "load"},
                                                        {"torch._utils", "_rebuild_sparse_tensor"},
                                                        {"torch._utils", "_rebuild_wrapper_subclass"},
                                                        {"torch._utils", "_rebuild_device_tensor_from_numpy"},
                                                        {"_codecs", "encode"},
                                                        {"collections", "Counter"},
                                                        {"torch", "FloatStorage "},
                                                        {"torch.storage", "FloatStorage"},
                                                        {"collections", ""},
                                                        {"", ""}}) {
    EXPECT_THAT(pickle_verdict(name(module, called) + "(" + text("id") + "tR"), unsupported("it calls")) << called;
  }
  EXPECT_THAT(raw_verdict("\x80\x02"
                          "cos\nsystem"),
              refused("line break"));
  EXPECT_THAT(raw_verdict("\x80\x02"
                          "c" +
                          std::string(300, 'a') + "\nb\n."),
              refused("at most 256 bytes"));
}

TEST(TorchPickle, OnlyNamesThatAreCalledWithTheirOwnArguments) {
  EXPECT_THAT(pickle_verdict(name("torch", "FloatStorage") + ")R"), refused("calls a storage type"));
  EXPECT_THAT(pickle_verdict(text("x") + ")R"), refused("a text where a name is expected"));
  EXPECT_THAT(pickle_verdict(name("collections", "OrderedDict") + "]R"), refused("REDUCE with a list"));
  EXPECT_THAT(pickle_verdict(name("collections", "OrderedDict") + "(]tR"), refused("OrderedDict with 1 arguments"));
  EXPECT_THAT(pickle_verdict(name("torch._utils", "_rebuild_tensor_v2") + ")R"),
              refused("_rebuild_tensor_v2: expected"));
  EXPECT_THAT(
      pickle_verdict(name("torch._utils", "_rebuild_parameter") + "(" + text("x") + "\x88" + ordered_dict() + "tR"),
      refused("_rebuild_parameter: expected"));
  EXPECT_EQ(pickle_verdict(mapping(text("t") + name("torch._utils", "_rebuild_parameter") + "(" + tensor() + "\x88" +
                                   ordered_dict() + "tR")),
            "accepted");
}

TEST(TorchPickle, ItemsGoIntoContainersOnly) {
  // CVE-2026-24747: SETITEM and SETITEMS on what is no dict.
  EXPECT_THAT(pickle_verdict("]" + text("a") + integer(1) + "s"), refused("SETITEM on a list"));
  EXPECT_THAT(pickle_verdict(tensor() + "(" + text("a") + integer(1) + "u"), refused("SETITEM on a tensor"));
  EXPECT_THAT(pickle_verdict("}(" + text("a") + "u"), refused("expected pairs"));
  EXPECT_THAT(pickle_verdict("}" + integer(1) + "a"), refused("APPEND to a mapping"));
  EXPECT_THAT(pickle_verdict("}(" + integer(1) + "e"), refused("APPEND to a mapping"));
}

TEST(TorchPickle, BuildTakesTheMetadataOfAStateDictOnly) {
  const std::string state = "}" + text("_metadata") + ordered_dict() + "s";
  EXPECT_EQ(pickle_verdict(ordered_dict() + "(" + text("t") + tensor() + "u" + state + "b"), "accepted");
  EXPECT_THAT(pickle_verdict(ordered_dict() + "}" + text("__setstate__") + integer(1) + "sb"), refused("_metadata"));
  EXPECT_THAT(pickle_verdict(ordered_dict() + "Nb"), refused("_metadata"));
  EXPECT_THAT(pickle_verdict("}" + state + "b"), refused("BUILD on a mapping"));
}

TEST(TorchPickle, StackMarksAndMemoAreBalanced) {
  EXPECT_THAT(raw_verdict("\x80\x02."), refused("0 values"));
  EXPECT_THAT(raw_verdict("\x80\x02}}."), refused("2 values"));
  EXPECT_THAT(raw_verdict("\x80\x02}(."), refused("1 open marks"));
  EXPECT_THAT(raw_verdict("\x80\x02t."), refused("needs a mark"));
  EXPECT_THAT(raw_verdict("\x80\x02}(R."), refused("needs a value"));
  EXPECT_THAT(raw_verdict("\x80\x02}}(\x86."), refused("needs 2 values, the stack has 0"));
  EXPECT_THAT(raw_verdict("\x80\x02}(s."), refused("needs 2 values"));
  EXPECT_THAT(raw_verdict("\x80\x02h\x07."), refused("memo place 7 was never filled"));
  EXPECT_THAT(raw_verdict("\x80\x02}q\x07h\x06."), refused("memo place 6 was never filled"));
  EXPECT_THAT(raw_verdict("\x80\x02q\x01."), refused("needs a value"));
  EXPECT_THAT(raw_verdict("\x80\x02}r\xff\xff\xff\xff."), refused("memo place 4294967295, the limit is 1000000"));
}

TEST(TorchPickle, TextsAndNumbersStayInsideThePickle) {
  EXPECT_THAT(raw_verdict("\x80\x02X\xff\xff\xff\xff."), refused("needs 4294967295 bytes"));
  EXPECT_THAT(raw_verdict("\x80\x02U\x05"
                          "ab."),
              refused("needs 5 bytes"));
  EXPECT_THAT(raw_verdict("\x80\x02\x8a\x09"
                          "123456789."),
              refused("a whole number of 9 bytes"));
  EXPECT_THAT(raw_verdict("\x80\x02\x8a\x08"
                          "12."),
              refused("needs 8 bytes"));
}

TEST(TorchPickle, StoragesAreTuplesOfTheirFiveParts) {
  const auto stored = [](const std::string& tuple) { return pickle_verdict(tuple + "Q"); };
  EXPECT_THAT(stored(text("0")), refused("BINPERSID: expected"));
  EXPECT_THAT(stored("(" + text("module") + name("torch", "FloatStorage") + text("0") + text("cpu") + integer(4) + "t"),
              refused("BINPERSID: expected"));
  EXPECT_THAT(
      stored("(" + text("storage") + name("collections", "OrderedDict") + text("0") + text("cpu") + integer(4) + "t"),
      refused("BINPERSID: expected"));
  EXPECT_THAT(stored("(" + text("storage") + name("torch", "FloatStorage") + text("0") + text("cpu") + "t"),
              refused("BINPERSID: expected"));
  for (const char* key : {"", "../0", "a", "0/", "-1", "1234567890123456789"})
    EXPECT_THAT(pickle_verdict(storage("FloatStorage", key, 4)), refused("expected a number as its key")) << key;
  EXPECT_THAT(pickle_verdict(storage("FloatStorage", "0", -1)), refused("-1 elements"));
  for (const char* location : {"cuda:0", "meta", "no device at all"}) {
    const std::string elsewhere =
        "(" + text("storage") + name("torch", "FloatStorage") + text("0") + text(location) + integer(4) + "tQ";
    EXPECT_EQ(tensor_verdict({.storage = elsewhere}), "accepted") << "it is read into memory wherever it lay";
  }
}

TEST(TorchPickle, ViewsStayInsideTheirStorage) {
  EXPECT_EQ(tensor_verdict({.offset = 3, .sizes = {}, .strides = {}}), "accepted");
  EXPECT_EQ(tensor_verdict({.offset = 4, .sizes = {0}, .strides = {1}}), "accepted");
  EXPECT_EQ(tensor_verdict({.sizes = {2, 2}, .strides = {1, 2}}), "accepted");
  EXPECT_EQ(tensor_verdict({.sizes = {1, 4}, .strides = {INT64_MAX, 1}}), "accepted")
      << "the stride of one is not used";
  const auto leaves = refused("leaves its storage");
  EXPECT_THAT(tensor_verdict({.offset = 1}), leaves);
  EXPECT_THAT(tensor_verdict({.offset = 4, .sizes = {}, .strides = {}}), leaves);
  EXPECT_THAT(tensor_verdict({.offset = 5, .sizes = {0}, .strides = {1}}), leaves);
  EXPECT_THAT(tensor_verdict({.sizes = {5}, .strides = {1}}), leaves);
  EXPECT_THAT(tensor_verdict({.sizes = {2}, .strides = {4}}), leaves);
  EXPECT_THAT(tensor_verdict({.sizes = {INT64_MAX, INT64_MAX}, .strides = {INT64_MAX, INT64_MAX}}), leaves);
  EXPECT_THAT(tensor_verdict({.offset = INT64_MAX, .sizes = {2}, .strides = {INT64_MAX}}), leaves);
  EXPECT_THAT(tensor_verdict({.sizes = {3}, .strides = {INT64_MAX}}), leaves);
  EXPECT_THAT(tensor_verdict({.offset = -1}), refused("offset -1"));
  EXPECT_THAT(tensor_verdict({.sizes = {-2, 2}}), refused("sizes: expected whole numbers of at least 0"));
  EXPECT_THAT(tensor_verdict({.strides = {-2, 1}}), refused("strides: expected whole numbers of at least 0"));
  EXPECT_THAT(tensor_verdict({.strides = {1}}), refused("2 sizes and 1 strides"));
}

TEST(TorchPickle, HooksAndMetadataAreRefused) {
  EXPECT_THAT(tensor_verdict({.hooks = mapping(text("a") + integer(1))}), refused("hooks"));
  EXPECT_THAT(tensor_verdict({.hooks = "N"}), refused("hooks"));
  EXPECT_THAT(tensor_verdict({.metadata = mapping(text("conj") + "\x88")}), refused("metadata"));
  EXPECT_EQ(tensor_verdict({.metadata = "N"}), "accepted");
}

TEST(TorchFileRules, StoragesFillTheirRecords) {
  // CVE-2026-24747: element count and data of the archive differ.
  EXPECT_THAT(tensor_verdict({.storage = storage("FloatStorage", "0", 5)}), refused("should fill record 'm/data/0'"));
  EXPECT_THAT(tensor_verdict({.storage = storage("FloatStorage", "0", INT64_MAX)}), refused("should fill"));
  EXPECT_THAT(tensor_verdict({.storage = storage("DoubleStorage", "0", 4)}), refused("16 bytes"));
  EXPECT_THAT(tensor_verdict({.storage = storage("FloatStorage", "1", 4)}), refused("no record 'data/1'"));
}

TEST(TorchFileRules, TensorsThatRepeatElementsAreCounted) {
  const checkpoint::format::TorchFileLimits limits = {.max_extra_bytes = 1000};
  EXPECT_THAT(pickle_verdict(mapping(text("t") + tensor({.sizes = {1 << 30, 4}, .strides = {0, 1}})), limits),
              refused("repeat elements"));
  EXPECT_THAT(tensor_verdict({.sizes = {1 << 30, 1 << 30}, .strides = {0, 0}}), refused("repeat elements"));
  EXPECT_THAT(tensor_verdict({.sizes = {int64_t{1} << 40, int64_t{1} << 40}, .strides = {0, 0}}),
              refused("repeat elements"));
  const auto many = [](int64_t repeats) {
    std::string entries;
    for (int i = 0; i < 1000; ++i)
      entries += text(std::to_string(i)) + tensor({.sizes = {repeats, 4}, .strides = {0, 1}});
    return mapping(entries);
  };
  EXPECT_EQ(pickle_verdict(many(2), limits), "accepted");
  EXPECT_THAT(pickle_verdict(many(256), limits), refused("repeat elements")) << "each of them is small";
  EXPECT_EQ(pickle_verdict(mapping(text("t") + tensor({.sizes = {3, 4}, .strides = {0, 1}})), limits), "accepted");
}

TEST(TorchFileRules, StretchesThatTensorsLieApartInAreCounted) {
  // The fewest bytes over the file's own with which 1000 tensors of two elements are read.
  const auto needed = [](int64_t stride) {
    std::string entries;
    for (int i = 0; i < 1000; ++i) entries += text(std::to_string(i)) + tensor({.sizes = {2}, .strides = {stride}});
    for (int64_t extra = -300'000; extra < 0; extra += 1000) {
      const checkpoint::format::TorchFileLimits limits = {.max_expansion = 1, .max_extra_bytes = extra};
      if (pickle_verdict(mapping(entries), limits) == "accepted") return extra;
    }
    return int64_t{0};
  };
  EXPECT_EQ(needed(3) - needed(1), 8000) << "16 bytes of the file instead of 8 for each";
}

TEST(TorchFileRules, AStateDictIsFoundAtItsUsualPlaces) {
  const std::string state = mapping(text("t") + tensor());
  for (const char* key : {"state_dict", "model_state_dict", "model"}) {
    EXPECT_EQ(pickle_verdict(mapping(text("epoch") + integer(3) + text(key) + state)), "accepted") << key;
  }
  EXPECT_THAT(pickle_verdict(mapping(text("epoch") + integer(3) + text("net") + state)),
              refused("found a mapping of 2 entries ('epoch', 'net')"));
  EXPECT_THAT(pickle_verdict(tensor()), refused("found a tensor"));
  EXPECT_THAT(pickle_verdict("]"), refused("found a list"));
  EXPECT_THAT(pickle_verdict(mapping(text("t") + tensor() + text("n") + integer(1))),
              refused("'n' is a whole number, expected a tensor"));
  EXPECT_THAT(pickle_verdict(mapping(integer(1) + tensor())), refused("a key is a whole number"));
}

TEST(TorchFileRules, TensorNamesAreUniqueShortAndPrintable) {
  EXPECT_THAT(pickle_verdict(mapping(text("t") + tensor() + text("t") + tensor())),
              refused("two tensors are called 't'"));
  EXPECT_THAT(pickle_verdict(mapping(text("") + tensor())), refused("1 to 512"));
  EXPECT_THAT(pickle_verdict(mapping(text("a\nb") + tensor())), refused("tensor 'a?b'"));
  EXPECT_THAT(pickle_verdict(mapping(text(std::string(513, 'a')) + tensor())), refused("1 to 512"));
}

TEST(TorchFileRules, ProgramsAndOtherArchivesAreNamed) {
  auto parts = forge::good_parts();
  parts.push_back({.name = "m/constants.pkl", .data = "x"});
  EXPECT_THAT(torch_verdict(zip(parts)), unsupported("TorchScript"));
  parts.back().name = "m/code/__torch__.py";
  EXPECT_THAT(torch_verdict(zip(parts)), unsupported("TorchScript"));
  parts.back().name = "elsewhere/x";
  EXPECT_THAT(torch_verdict(zip(parts)), refused("all records in one folder"));
  EXPECT_THAT(torch_verdict(zip({{.name = "m/x", .data = "x"}})), refused("no record 'data.pkl'"));
  EXPECT_THAT(torch_verdict(zip({{.name = "x", .data = "x"}})), refused("all records in one folder"));
  parts = forge::good_parts();
  parts.at(1).data = "big";
  EXPECT_THAT(torch_verdict(zip(parts)), unsupported("does not say 'little'"));
}

TEST(TorchPickleLimits, EachIsEnforced) {
  const auto limited = [](std::string_view value, const checkpoint::format::PickleLimits& limits) {
    return pickle_verdict(value, {.pickle = limits});
  };
  const std::string one = mapping(text("t") + tensor());
  EXPECT_THAT(limited(one, {.max_bytes = 10}), refused("the limit is 10"));
  EXPECT_THAT(limited("(" + std::string(20, 'N') + "t", {.max_stack = 10}),
              refused("more than 10 values on the stack"));
  EXPECT_THAT(limited("(" + std::string(20, 'N') + "t", {.max_values = 10}), refused("more than 10 values"));
  EXPECT_THAT(limited("}q\x05", {.max_memo = 5}), refused("memo place 5, the limit is 5"));
  EXPECT_THAT(limited(std::string(65, '('), {}), refused("more than 64 open marks"));
  EXPECT_THAT(limited("N" + std::string(65, '\x85'), {}), refused("more than 64 deep"));
  EXPECT_THAT(limited(mapping(text("t") + tensor({.sizes = {1, 1}, .strides = {1, 1}})), {.max_rank = 1}),
              refused("at most 1 whole numbers"));
  EXPECT_THAT(limited(mapping(text("a") + tensor() + text("b") + tensor()), {.max_tensors = 1}),
              refused("2 tensors, the limit is 1"));
  // A memo lets few bytes fill much: 3 bytes an item.
  std::string bomb = "]q\x01(";
  for (int i = 0; i < 1000; ++i) bomb += "h\x01";
  EXPECT_THAT(limited("]" + bomb + "e", {.max_values = 900}), refused("more than 900 values"));
}

TEST(TorchPickle, AListThatHoldsItselfIsHarmless) {
  EXPECT_THAT(pickle_verdict("]q\x01h\x01"
                             "a"),
              refused("found a list"));
}

}  // namespace
}  // namespace rift
