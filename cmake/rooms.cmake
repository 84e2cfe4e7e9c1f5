# rift_room(NAME SOURCES a.cc ... [ROOMS base data ...] [LIBS dep::x ...] [PRIVATE_LIBS dep::y ...])
#   One static library per room: target rift_<name> ('/' becomes '_'), alias rift::<name>. ROOMS are the rooms whose
#   headers it includes; tools/check_includes.py holds the same table and checks both. PRIVATE_LIBS are third-party
#   libraries that only its .cc files see.
function(rift_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;ROOMS;LIBS;PRIVATE_LIBS" ${ARGN})
  string(REPLACE "/" "_" id ${name})
  set(target rift_${id})
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(rift::${id} ALIAS ${target})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE rift_warnings)
  foreach(room IN LISTS ARG_ROOMS)
    string(REPLACE "/" "_" room_id ${room})
    target_link_libraries(${target} PUBLIC rift_${room_id})
  endforeach()
  target_link_libraries(${target} PUBLIC ${ARG_LIBS} PRIVATE ${ARG_PRIVATE_LIBS})
endfunction()

# rift_test(NAME SOURCES a_test.cc ... ROOMS metrics ... [LIBS ...] LABELS unit [TIMEOUT s] [WHOLE])
#   One GoogleTest program per name; every case becomes a ctest with the labels, or with WHOLE the program is one ctest,
#   for cases that share a costly set-up. Tests run from the repository root.
function(rift_test name)
  cmake_parse_arguments(ARG "WHOLE" "TIMEOUT" "SOURCES;ROOMS;LIBS;LABELS" ${ARGN})
  list(LENGTH ARG_LABELS labels)
  if(NOT labels EQUAL 1)
    message(FATAL_ERROR "rift_test(${name}): one label, 'slow' before all others (gtest_discover_tests loses a second)")
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set(target test_${name})
  add_executable(${target} ${ARG_SOURCES})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${target} PRIVATE rift_warnings ${ARG_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
  foreach(room IN LISTS ARG_ROOMS)
    string(REPLACE "/" "_" room_id ${room})
    target_link_libraries(${target} PRIVATE rift_${room_id})
  endforeach()
  # As main() of the program does: OpenMP's threads that spin while they wait slow everyone else down tenfold.
  set(properties LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT OMP_WAIT_POLICY=passive)
  if(ARG_WHOLE)
    add_test(NAME ${name} COMMAND ${target} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES ${properties})
    return()
  endif()
  gtest_discover_tests(${target}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    DISCOVERY_TIMEOUT 60
    PROPERTIES ${properties})
endfunction()
