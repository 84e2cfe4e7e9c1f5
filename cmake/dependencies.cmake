# One target per third-party library: dep::<name>. Libraries under .deps are laid there by scripts/setup.sh; the rest are
# Debian packages. All their headers are SYSTEM (imported targets).

# A LibTorch named by RIFT_LIBTORCH (unpacked archive, its parent, or the torch folder of an installed wheel) goes before the
# one that set-up laid.
set(RIFT_TORCH_ROOT ${RIFT_DEPS}/torch)
if(NOT "$ENV{RIFT_LIBTORCH}" STREQUAL "")
  file(REAL_PATH $ENV{RIFT_LIBTORCH} RIFT_TORCH_ROOT)
  if(EXISTS ${RIFT_TORCH_ROOT}/libtorch/lib/libtorch_cpu.so)
    set(RIFT_TORCH_ROOT ${RIFT_TORCH_ROOT}/libtorch)
  endif()
endif()

function(dep_shared name library include)
  if(NOT EXISTS ${library})
    message(FATAL_ERROR "${library} is missing: run 'make setup'")
  endif()
  add_library(dep::${name} SHARED IMPORTED GLOBAL)
  set_target_properties(dep::${name} PROPERTIES IMPORTED_LOCATION ${library} INTERFACE_INCLUDE_DIRECTORIES "${include}")
endfunction()

# A whole wheel or archive also carries its own fmt, oneDNN, protobuf and pybind11, which would shadow ours: show only
# torch's own four folders.
set(torch_include ${CMAKE_BINARY_DIR}/torch-include)
file(MAKE_DIRECTORY ${torch_include})
foreach(folder ATen c10 caffe2 torch)
  file(CREATE_LINK ${RIFT_TORCH_ROOT}/include/${folder} ${torch_include}/${folder} SYMBOLIC)
endforeach()
dep_shared(c10 ${RIFT_TORCH_ROOT}/lib/libc10.so "${torch_include};${torch_include}/torch/csrc/api/include")
dep_shared(torch ${RIFT_TORCH_ROOT}/lib/libtorch_cpu.so "${torch_include};${torch_include}/torch/csrc/api/include")

# One OpenMP runtime in the process, torch's, or two pools of threads would fight for the cores. LightGBM asks for
# libgomp.so.1; some archives call theirs libgomp-<hash>.so.1, which a link under the asked name makes the same library.
file(GLOB torch_gomp ${RIFT_TORCH_ROOT}/lib/libgomp.so.1 ${RIFT_TORCH_ROOT}/lib/libgomp-*.so.1)
set(RIFT_GOMP_DIRECTORY ${RIFT_TORCH_ROOT}/lib)
if(torch_gomp)
  list(GET torch_gomp 0 torch_gomp)
  if(NOT EXISTS ${RIFT_TORCH_ROOT}/lib/libgomp.so.1)
    set(RIFT_GOMP_DIRECTORY ${CMAKE_BINARY_DIR}/gomp)
    file(MAKE_DIRECTORY ${RIFT_GOMP_DIRECTORY})
    file(CREATE_LINK ${torch_gomp} ${RIFT_GOMP_DIRECTORY}/libgomp.so.1 SYMBOLIC)
  endif()
else() # a LibTorch built against the compiler's own
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libgomp.so.1
    OUTPUT_VARIABLE torch_gomp OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
dep_shared(gomp ${torch_gomp} "")
set_property(TARGET dep::gomp PROPERTY INTERFACE_COMPILE_OPTIONS -fopenmp)
set_property(TARGET dep::torch APPEND PROPERTY INTERFACE_LINK_LIBRARIES dep::c10 dep::gomp)

dep_shared(duckdb ${RIFT_DEPS}/duckdb/lib/libduckdb.so ${RIFT_DEPS}/duckdb-include)
dep_shared(lightgbm ${RIFT_DEPS}/lightgbm/lib/lib_lightgbm.so ${RIFT_DEPS}/lightgbm-include)
set_property(TARGET dep::lightgbm APPEND PROPERTY INTERFACE_LINK_LIBRARIES dep::gomp)

function(dep_interface name)
  add_library(dep_${name} INTERFACE)
  target_link_libraries(dep_${name} INTERFACE ${ARGN})
  add_library(dep::${name} ALIAS dep_${name})
endfunction()
find_package(fmt REQUIRED)
dep_interface(fmt fmt::fmt)
find_package(spdlog REQUIRED)
dep_interface(spdlog spdlog::spdlog fmt::fmt)
find_package(nlohmann_json REQUIRED)
dep_interface(json nlohmann_json::nlohmann_json)
find_package(yaml-cpp REQUIRED)
dep_interface(yaml yaml-cpp)
find_package(CLI11 REQUIRED)
dep_interface(cli11 CLI11::CLI11)
find_package(ICU 72 REQUIRED COMPONENTS uc i18n)
dep_interface(icu ICU::uc ICU::i18n)
find_package(ZLIB REQUIRED)
dep_interface(zlib ZLIB::ZLIB)
find_package(CURL REQUIRED)
dep_interface(curl CURL::libcurl)
find_package(SQLite3 REQUIRED)
dep_interface(sqlite SQLite::SQLite3)
find_package(Eigen3 REQUIRED)
dep_interface(eigen Eigen3::Eigen)
find_package(Threads REQUIRED)
dep_interface(threads Threads::Threads)
if(RIFT_TESTS)
  find_package(GTest REQUIRED)
endif()
