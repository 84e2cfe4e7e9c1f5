# Every program finds its libraries relative to itself, so that the tree can be moved. rift_set_run_paths() goes over all
# targets once they exist: a program's place decides how far .deps is from it.
#
# DT_RPATH and not DT_RUNPATH, because it also serves the libraries that our libraries need: LightGBM carries no run path.
# torch's folder comes first: everyone takes its libgomp.
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)
add_link_options(-Wl,--disable-new-dtags -Wl,--as-needed)

# The folder `to` as seen from the folder `from`; as it is when it lies outside the tree (a LibTorch of the system).
function(rift_run_path from to result)
  cmake_path(IS_PREFIX CMAKE_SOURCE_DIR ${to} inside)
  if(inside)
    file(RELATIVE_PATH to ${from} ${to})
    set(to "$ORIGIN/${to}")
  endif()
  set(${result} ${to} PARENT_SCOPE)
endfunction()

function(rift_set_run_paths directory)
  get_property(targets DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(NOT type STREQUAL "EXECUTABLE")
      continue()
    endif()
    get_target_property(from ${target} RUNTIME_OUTPUT_DIRECTORY)
    if(NOT from)
      get_target_property(from ${target} BINARY_DIR)
    endif()
    set(paths)
    foreach(to ${RIFT_GOMP_DIRECTORY} ${RIFT_TORCH_ROOT}/lib ${RIFT_DEPS}/duckdb/lib ${RIFT_DEPS}/lightgbm/lib)
      rift_run_path(${from} ${to} path)
      list(APPEND paths ${path})
    endforeach()
    list(REMOVE_DUPLICATES paths)
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "${paths}")
  endforeach()
  get_property(folders DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(folder IN LISTS folders)
    rift_set_run_paths(${folder})
  endforeach()
endfunction()
