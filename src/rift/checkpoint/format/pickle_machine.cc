#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

#include "rift/base/error.h"
#include "rift/base/little_endian.h"
#include "rift/checkpoint/format/complains.h"
#include "rift/checkpoint/format/name_text.h"
#include "rift/checkpoint/format/pickle_values.h"

namespace rift::checkpoint::format {
namespace {

using enum PickleKind;

constexpr size_t kMaxGlobalBytes = 256;
constexpr size_t kMaxKeyBytes = 18;  // of a storage: any number below 10^18

/// The stack machine of pickle protocol 2, cut down to data. Every complaint names the source and the byte.
class Machine : Complains<Machine> {
 public:
  Machine(std::span<const std::byte> bytes, const std::string& source, const PickleLimits& limits)
      : bytes_(bytes), source_(source), limits_(limits) {}

  PickleValues run() {
    require(static_cast<int64_t>(bytes_.size()) <= limits_.max_bytes, "{} bytes, the limit is {}", bytes_.size(),
            limits_.max_bytes);
    require(take<uint8_t>() == 0x80, "expected a pickle, which starts with PROTO");
    const auto protocol = take<uint8_t>();
    if (protocol != 2) fail(Code::kUnsupported, "pickle protocol {}; rift reads 2, which torch.save writes", protocol);
    while (step(static_cast<char>(take<uint8_t>()))) {
    }
    require(at_ == bytes_.size(), "{} bytes behind the end of the pickle", bytes_.size() - at_);
    require(stack_.size() == 1 && marks_.empty(),
            "the pickle ends with {} values and {} open marks, expected one value", stack_.size(), marks_.size());
    made_.root = stack_.back();
    return std::move(made_);
  }

 private:
  friend Complains<Machine>;
  std::string place() const { return fmt::format("{}: before byte {}", source_, at_); }

  // ---- bytes ----
  std::span<const std::byte> take_bytes(size_t count) {
    require(count <= bytes_.size() - at_, "an instruction needs {} bytes, {} are left; it is cut", count,
            bytes_.size() - at_);
    const auto taken = bytes_.subspan(at_, count);
    at_ += count;
    return taken;
  }

  template <class T>
  T take() {
    return little_endian<T>(take_bytes(sizeof(T)).data());
  }

  std::string_view take_text(size_t count) {
    const auto taken = take_bytes(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

  std::string_view take_line() {
    const size_t most = std::min(bytes_.size() - at_, kMaxGlobalBytes);
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data() + at_), most);
    const size_t end = rest.find('\n');
    require(end != std::string_view::npos, "expected a name of at most {} bytes and a line break", kMaxGlobalBytes);
    at_ += end + 1;
    return rest.substr(0, end);
  }

  int64_t take_long() {
    const auto taken = take_bytes(take<uint8_t>());
    require(taken.size() <= 8, "a whole number of {} bytes; rift reads 8 at most", taken.size());
    uint64_t value = 0;
    for (size_t i = taken.size(); i-- > 0;) value = value << 8 | static_cast<uint64_t>(taken[i]);
    const size_t missing = 64 - 8 * taken.size();
    if (missing == 64) return 0;
    return static_cast<int64_t>(value << missing) >> missing;  // the sign reaches up
  }

  // ---- values, stack, marks, memo ----
  void count_values(size_t more) {
    values_made_ += static_cast<int64_t>(more);
    require(values_made_ <= limits_.max_values, "more than {} values", limits_.max_values);
  }

  /// A file may hold more than its state_dict: the state of an optimizer has two tensors for each of the model's.
  void count_tensors() const {
    require(static_cast<int64_t>(made_.tensors.size()) < 8 * limits_.max_tensors, "more than {} tensors and storages",
            8 * limits_.max_tensors);
  }

  PickleId make(PickleValue value) {
    count_values(1);
    made_.values.push_back(std::move(value));
    return static_cast<PickleId>(made_.values.size() - 1);
  }

  void push(PickleId id) {
    require(static_cast<int64_t>(stack_.size()) < limits_.max_stack, "more than {} values on the stack",
            limits_.max_stack);
    stack_.push_back(id);
  }

  void push_new(PickleValue value) { push(make(std::move(value))); }
  void push_int(int64_t number) { push_new({.kind = kInt, .number = number}); }
  void push_float() {
    take_bytes(8);  // no number of a state_dict is one; what it is does not matter
    push_new({.kind = kFloat});
  }
  void push_text(std::string_view text) { push_new({.kind = kText, .text = text}); }

  /// Values above the newest mark; below it belongs to another instruction.
  size_t free_values() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  PickleId top() {
    require(free_values() > 0, "an instruction needs a value, the stack has none");
    return stack_.back();
  }

  PickleId pop() {
    const PickleId id = top();
    stack_.pop_back();
    return id;
  }

  void push_mark() {
    require(static_cast<int64_t>(marks_.size()) < limits_.max_depth, "more than {} open marks", limits_.max_depth);
    marks_.push_back(stack_.size());
  }

  std::vector<PickleId> pop_to_mark() {
    require(!marks_.empty(), "an instruction needs a mark, there is none");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<PickleId> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }

  std::vector<PickleId> pop_last(size_t count) {
    require(free_values() >= count, "an instruction needs {} values, the stack has {}", count, free_values());
    const auto begin = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<PickleId> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    return items;
  }

  void remember(uint32_t place) {
    require(place < limits_.max_memo, "memo place {}, the limit is {}", place, limits_.max_memo);
    if (place >= memo_.size()) memo_.resize(place + 1);
    memo_[place] = top();
  }

  void recall(uint32_t place) {
    require(place < memo_.size() && memo_[place].has_value(), "memo place {} was never filled", place);
    push(*memo_[place]);
  }

  void fill(PickleId container, const std::vector<PickleId>& items) {
    count_values(items.size());
    PickleValue& value = made_.values[container];
    for (const PickleId item : items) {
      const int depth = made_.values[item].depth + 1;
      require(depth <= limits_.max_depth, "containers in containers, more than {} deep", limits_.max_depth);
      value.depth = std::max(value.depth, static_cast<uint8_t>(depth));
    }
    value.items.insert(value.items.end(), items.begin(), items.end());
  }

  void push_tuple(const std::vector<PickleId>& items) {
    const PickleId tuple = make({.kind = kTuple});
    fill(tuple, items);
    push(tuple);
  }

  void append(const std::vector<PickleId>& items) {
    require(made_[top()].kind == kList, "APPEND to {}, expected a list", kind_text(made_[top()].kind));
    fill(top(), items);
  }

  void set_items(const std::vector<PickleId>& items) {
    const PickleKind kind = made_[top()].kind;
    require(kind == kDict || kind == kOrderedDict, "SETITEM on {}, expected a mapping", kind_text(kind));
    require(items.size() % 2 == 0, "SETITEMS with {} values, expected pairs", items.size());
    fill(top(), items);
  }

  // ---- what torch's pickles call ----
  void push_global() {
    const std::string_view module = take_line();
    const std::string_view name = take_line();
    if (const auto place = find_allowed_name(module, name)) {
      push_new({.kind = kGlobal, .number = static_cast<int64_t>(*place)});
      return;
    }
    fail(Code::kUnsupported,
         "it calls '{}.{}', which no file of tensors alone needs; rift runs nothing out of a file. If you trust it, "
         "load "
         "it in Python and save model.state_dict() with safetensors",
         shown_name(module), shown_name(name));
  }

  const AllowedPickleName& global(PickleId id) const {
    require(made_[id].kind == kGlobal, "{} where a name is expected", kind_text(made_[id].kind));
    return allowed_name(static_cast<size_t>(made_[id].number));
  }

  void reduce() {
    const PickleId arguments_id = pop();
    const PickleId callable_id = pop();
    require(made_[arguments_id].kind == kTuple, "REDUCE with {}, expected a tuple",
            kind_text(made_[arguments_id].kind));
    const std::vector<PickleId> arguments = made_[arguments_id].items;
    switch (global(callable_id).callable) {
      case PickleCallable::kOrderedDict:
        require(arguments.empty(), "OrderedDict with {} arguments, expected none", arguments.size());
        push_new({.kind = kOrderedDict});
        return;
      case PickleCallable::kRebuildTensor:
        push(rebuild_tensor(arguments));
        return;
      case PickleCallable::kRebuildParameter:
        require(arguments.size() == 3 && made_[arguments[0]].kind == kTensor && made_[arguments[1]].kind == kBool &&
                    is_empty_mapping(arguments[2]),
                "_rebuild_parameter: expected a tensor, true or false, and no hooks");
        push(arguments[0]);
        return;
      case PickleCallable::kStorageType:
        break;
    }
    fail(Code::kArtefact, "it calls a storage type, which torch never does");
  }

  bool is_empty_mapping(PickleId id) const {
    const PickleValue& value = made_[id];
    return (value.kind == kDict || value.kind == kOrderedDict) && value.items.empty();
  }

  /// ("storage", torch.FloatStorage, "0", "cpu", elements); where it lay before (cpu, cuda:0) does not matter.
  void push_storage() {
    const PickleId id = pop();
    const std::vector<PickleId> parts = made_[id].items;
    const bool shaped = made_[id].kind == kTuple && parts.size() == 5 && made_[parts[0]].kind == kText &&
                        made_[parts[0]].text == "storage" && made_[parts[1]].kind == kGlobal &&
                        global(parts[1]).callable == PickleCallable::kStorageType && made_[parts[2]].kind == kText &&
                        made_[parts[3]].kind == kText && made_[parts[4]].kind == kInt;
    require(shaped, "BINPERSID: expected ('storage', type, key, place, elements)");
    const std::string_view key = made_[parts[2]].text;
    const bool digits = !key.empty() && key.size() <= kMaxKeyBytes &&
                        std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
    require(digits, "storage '{}': expected a number as its key", shown_name(key));
    const int64_t elements = made_[parts[4]].number;
    require(elements >= 0, "storage '{}': {} elements", key, elements);
    count_tensors();
    made_.tensors.push_back(
        {.dtype = global(parts[1]).dtype, .storage_key = std::string(key), .storage_elements = elements});
    push_new({.kind = kStorage, .number = static_cast<int64_t>(made_.tensors.size()) - 1});
  }

  /// (storage, offset, sizes, strides, requires_grad, hooks[, metadata])
  PickleId rebuild_tensor(const std::vector<PickleId>& arguments) {
    const bool counted = arguments.size() == 6 || arguments.size() == 7;
    require(counted && made_[arguments[0]].kind == kStorage && made_[arguments[1]].kind == kInt &&
                made_[arguments[4]].kind == kBool,
            "_rebuild_tensor_v2: expected (storage, offset, sizes, strides, requires_grad, hooks)");
    require(is_empty_mapping(arguments[5]), "_rebuild_tensor_v2: hooks, which rift does not read");
    require(arguments.size() == 6 || made_[arguments[6]].kind == kNone || is_empty_mapping(arguments[6]),
            "_rebuild_tensor_v2: metadata (conjugated or negated views), which rift does not read");
    PickledTensor tensor = made_.tensors[static_cast<size_t>(made_[arguments[0]].number)];
    tensor.offset = made_[arguments[1]].number;
    tensor.shape = sizes_of(arguments[2], "sizes");
    tensor.strides = sizes_of(arguments[3], "strides");
    require(tensor.offset >= 0, "_rebuild_tensor_v2: offset {}", tensor.offset);
    require(tensor.shape.size() == tensor.strides.size(), "_rebuild_tensor_v2: {} sizes and {} strides",
            tensor.shape.size(), tensor.strides.size());
    require(view_fits(tensor), "a view of {} elements from {} leaves its storage of {}", fmt::join(tensor.shape, "x"),
            tensor.offset, tensor.storage_elements);
    count_tensors();
    made_.tensors.push_back(std::move(tensor));
    return make({.kind = kTensor, .number = static_cast<int64_t>(made_.tensors.size()) - 1});
  }

  std::vector<int64_t> sizes_of(PickleId id, std::string_view what) const {
    const PickleValue& tuple = made_[id];
    require(tuple.kind == kTuple && static_cast<int64_t>(tuple.items.size()) <= limits_.max_rank,
            "_rebuild_tensor_v2: {}: expected a tuple of at most {} whole numbers", what, limits_.max_rank);
    std::vector<int64_t> sizes;
    for (const PickleId item : tuple.items) {
      require(made_[item].kind == kInt && made_[item].number >= 0,
              "_rebuild_tensor_v2: {}: expected whole numbers of at "
              "least 0",
              what);
      sizes.push_back(made_[item].number);
    }
    return sizes;
  }

  /// The state that a module's state_dict carries beside its entries: versions of its parts, nothing that rift needs.
  void build() {
    const PickleId state = pop();
    require(made_[top()].kind == kOrderedDict, "BUILD on {}, expected an OrderedDict", kind_text(made_[top()].kind));
    const PickleValue& value = made_[state];
    const bool known = value.kind == kDict && value.items.size() == 2 && made_[value.items[0]].kind == kText &&
                       made_[value.items[0]].text == "_metadata";
    require(known, "BUILD: expected the _metadata of a state_dict");
  }

  /// One instruction; false for STOP.
  bool step(char code) {
    if (code == '.') return false;
    for (const auto& instruction : kInstructions) {
      if (instruction.code == code) {
        instruction.run(*this);
        return true;
      }
    }
    fail(Code::kUnsupported,
         "instruction {:#04x}, which no file of tensors alone needs. If you trust it, load it in Python and save "
         "model.state_dict() with safetensors",
         static_cast<unsigned char>(code));
  }

  /// Codes as in Python's pickletools, whose names stand behind them.
  struct Instruction {
    char code;
    void (*run)(Machine& m);
  };
  static const std::array<Instruction, 30> kInstructions;

  std::span<const std::byte> bytes_;
  const std::string& source_;
  const PickleLimits& limits_;
  size_t at_ = 0;
  std::vector<PickleId> stack_;
  std::vector<size_t> marks_;
  std::vector<std::optional<PickleId>> memo_;
  int64_t values_made_ = 0;
  PickleValues made_;
};

const std::array<Machine::Instruction, 30> Machine::kInstructions = {{
    {'X', [](Machine& m) { m.push_text(m.take_text(m.take<uint32_t>())); }},  // BINUNICODE
    {'q', [](Machine& m) { m.remember(m.take<uint8_t>()); }},                 // BINPUT
    {'r', [](Machine& m) { m.remember(m.take<uint32_t>()); }},                // LONG_BINPUT
    {'h', [](Machine& m) { m.recall(m.take<uint8_t>()); }},                   // BINGET
    {'j', [](Machine& m) { m.recall(m.take<uint32_t>()); }},                  // LONG_BINGET
    {'K', [](Machine& m) { m.push_int(m.take<uint8_t>()); }},                 // BININT1
    {'M', [](Machine& m) { m.push_int(m.take<uint16_t>()); }},                // BININT2
    {'J', [](Machine& m) { m.push_int(m.take<int32_t>()); }},                 // BININT
    {'\x8a', [](Machine& m) { m.push_int(m.take_long()); }},                  // LONG1
    {'(', [](Machine& m) { m.push_mark(); }},                                 // MARK
    {'t', [](Machine& m) { m.push_tuple(m.pop_to_mark()); }},                 // TUPLE
    {'\x85', [](Machine& m) { m.push_tuple(m.pop_last(1)); }},                // TUPLE1
    {'\x86', [](Machine& m) { m.push_tuple(m.pop_last(2)); }},                // TUPLE2
    {'\x87', [](Machine& m) { m.push_tuple(m.pop_last(3)); }},                // TUPLE3
    {')', [](Machine& m) { m.push_new({.kind = kTuple}); }},                  // EMPTY_TUPLE
    {'}', [](Machine& m) { m.push_new({.kind = kDict}); }},                   // EMPTY_DICT
    {']', [](Machine& m) { m.push_new({.kind = kList}); }},                   // EMPTY_LIST
    {'N', [](Machine& m) { m.push_new({.kind = kNone}); }},                   // NONE
    {'\x88', [](Machine& m) { m.push_new({.kind = kBool, .number = 1}); }},   // NEWTRUE
    {'\x89', [](Machine& m) { m.push_new({.kind = kBool}); }},                // NEWFALSE
    {'Q', [](Machine& m) { m.push_storage(); }},                              // BINPERSID
    {'c', [](Machine& m) { m.push_global(); }},                               // GLOBAL
    {'R', [](Machine& m) { m.reduce(); }},                                    // REDUCE
    {'b', [](Machine& m) { m.build(); }},                                     // BUILD
    {'s', [](Machine& m) { m.set_items(m.pop_last(2)); }},                    // SETITEM
    {'u', [](Machine& m) { m.set_items(m.pop_to_mark()); }},                  // SETITEMS
    {'a', [](Machine& m) { m.append(m.pop_last(1)); }},                       // APPEND
    {'e', [](Machine& m) { m.append(m.pop_to_mark()); }},                     // APPENDS
    {'U', [](Machine& m) { m.push_text(m.take_text(m.take<uint8_t>())); }},   // SHORT_BINSTRING
    {'G', [](Machine& m) { m.push_float(); }},                                // BINFLOAT
}};

}  // namespace

PickleValues run_pickle(std::span<const std::byte> bytes, const std::string& source, const PickleLimits& limits) {
  return Machine(bytes, source, limits).run();
}

}  // namespace rift::checkpoint::format
