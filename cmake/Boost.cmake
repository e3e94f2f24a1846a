# Boost's headers, as the target s3pipes_boost: those of the build environment (the wheel cmeel-boost)
# or the system's. Nothing of Boost is linked.
set(S3PIPES_BOOST_INCLUDE "" CACHE PATH "Folder that holds boost/version.hpp; empty: look for it")

find_package(Python 3.10 QUIET COMPONENTS Interpreter)

# Not cached: pip's isolated build environment has another path each time.
set(boost_include "${S3PIPES_BOOST_INCLUDE}")
if(NOT boost_include AND Python_EXECUTABLE)
  # sys.path rather than sysconfig: pip's build environment is an overlay that only sys.path shows.
  execute_process(
    COMMAND "${Python_EXECUTABLE}" -c "
import os, sys
for entry in sys.path:
    include = os.path.join(entry, 'cmeel.prefix', 'include')
    if os.path.isfile(os.path.join(include, 'boost', 'version.hpp')):
        print(include)
        break"
    OUTPUT_VARIABLE boost_include OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
if(NOT boost_include)
  find_path(system_boost boost/version.hpp NO_CACHE)
  if(system_boost)
    set(boost_include "${system_boost}")
  endif()
endif()

set(boost_advice "s3pipes needs Boost's headers, 1.81 or newer: pip install cmeel-boost "
                 "(or a newer libboost-dev, or -DS3PIPES_BOOST_INCLUDE=<folder>).")
if(NOT EXISTS "${boost_include}/boost/version.hpp")
  message(FATAL_ERROR ${boost_advice} " None were found.")
endif()
file(STRINGS "${boost_include}/boost/version.hpp" boost_version_line
     REGEX "^#define BOOST_VERSION [0-9]+")
string(REGEX MATCH "[0-9]+" boost_version "${boost_version_line}")
if(boost_version LESS 108100)
  message(FATAL_ERROR ${boost_advice} " Those in ${boost_include} are ${boost_version}.")
endif()
message(STATUS "Boost ${boost_version} headers: ${boost_include}")

add_library(s3pipes_boost INTERFACE)
target_include_directories(s3pipes_boost SYSTEM INTERFACE "${boost_include}")
target_compile_definitions(s3pipes_boost INTERFACE BOOST_ALL_NO_LIB BOOST_ASIO_NO_DEPRECATED
  # Coroutine frames kept for reuse per thread and size: a request has about ten, hundreds run.
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=64)
