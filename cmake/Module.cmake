# The Python module s3pipes.engine._native.
find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module)
execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir
                OUTPUT_VARIABLE nanobind_folder OUTPUT_STRIP_TRAILING_WHITESPACE
                RESULT_VARIABLE nanobind_missing)
if(nanobind_missing)
  message(FATAL_ERROR "nanobind is missing for ${Python_EXECUTABLE}: pip install nanobind")
endif()
set(nanobind_DIR "${nanobind_folder}" CACHE PATH "nanobind's CMake files" FORCE)
find_package(nanobind CONFIG REQUIRED)

file(GLOB_RECURSE module_sources CONFIGURE_DEPENDS native/python/*.cpp)
nanobind_add_module(_native NB_STATIC NB_SUPPRESS_WARNINGS NOMINSIZE ${module_sources})
target_link_libraries(_native PRIVATE s3pipes_core s3pipes_warnings)
# OpenSSL and expat stay shared, so their security updates reach us; everything else is kept to ourselves.
target_link_options(_native PRIVATE -Wl,--exclude-libs,ALL)
if(S3PIPES_INPLACE)
  set_target_properties(_native PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_SOURCE_DIR}/s3pipes/engine")
endif()
install(TARGETS _native LIBRARY DESTINATION s3pipes/engine)
