# Instruments every target when S3PIPES_SANITIZE is set.
if(S3PIPES_SANITIZE STREQUAL "address")
  add_compile_options(-O1 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined
                      -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(S3PIPES_SANITIZE STREQUAL "thread")
  # Asio uses atomic fences, which TSan does not model; gcc warns at each of them.
  add_compile_options(-O1 -g1 -fno-omit-frame-pointer -fsanitize=thread -Wno-tsan)
  add_link_options(-fsanitize=thread)
elseif(S3PIPES_SANITIZE)
  message(FATAL_ERROR "S3PIPES_SANITIZE is '${S3PIPES_SANITIZE}'; it may be address or thread.")
endif()
