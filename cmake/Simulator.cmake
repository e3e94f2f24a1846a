# The simulated S3: a library, which the native tests use too, and the program around it.
file(GLOB_RECURSE sim_sources CONFIGURE_DEPENDS native/sim/*.cpp)
list(FILTER sim_sources EXCLUDE REGEX "/main\\.cpp$")
add_library(s3pipes_simulated STATIC ${sim_sources})
target_link_libraries(s3pipes_simulated PUBLIC s3pipes_core PRIVATE s3pipes_warnings)

if(S3PIPES_SIM)
  add_executable(s3pipes_sim native/sim/program/main.cpp)
  target_link_libraries(s3pipes_sim PRIVATE s3pipes_simulated s3pipes_warnings)
  # Beside the Python that starts it, under a name that nobody takes for a module.
  set_target_properties(s3pipes_sim PROPERTIES OUTPUT_NAME s3pipes-sim)
  if(S3PIPES_INPLACE)
    set_target_properties(s3pipes_sim PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY "${CMAKE_SOURCE_DIR}/s3pipes/testing")
  endif()
  install(TARGETS s3pipes_sim RUNTIME DESTINATION s3pipes/testing)
endif()
