# Warnings are errors; sanitizers are on for every target of ours when asked for.
add_library(rift_warnings INTERFACE)
target_compile_options(rift_warnings INTERFACE -Wall -Wextra -Werror -Wno-missing-field-initializers)
if(RIFT_SANITIZE)
  target_compile_options(rift_warnings INTERFACE -fsanitize=${RIFT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(rift_warnings INTERFACE -fsanitize=${RIFT_SANITIZE})
endif()
