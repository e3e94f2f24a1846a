# One libFuzzer program for each native/tests/fuzz/*_fuzz.cpp. Only code without sockets is fuzzed, so
# only that is compiled: clang before 17 cannot build coroutines with gcc's standard library.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "The fuzz targets need clang: -DCMAKE_CXX_COMPILER=clang++")
endif()
add_compile_options(-O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined
                    -fno-sanitize-recover=undefined)
add_link_options(-fsanitize=address,undefined)
find_package(OpenSSL 3.0 REQUIRED)
find_package(EXPAT REQUIRED)

file(GLOB fuzzed_sources CONFIGURE_DEPENDS
     native/core/words/*.cpp native/core/s3/*.cpp native/core/policy/*.cpp native/core/records/*.cpp
     native/core/http/response_*.cpp)
add_library(fuzzed_core STATIC ${fuzzed_sources})
target_include_directories(fuzzed_core PUBLIC native)
target_link_libraries(fuzzed_core PUBLIC s3pipes_boost OpenSSL::SSL OpenSSL::Crypto EXPAT::EXPAT
                      PRIVATE s3pipes_warnings)

file(GLOB fuzz_sources CONFIGURE_DEPENDS native/tests/fuzz/*_fuzz.cpp)
foreach(source ${fuzz_sources})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE fuzzed_core)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endforeach()
