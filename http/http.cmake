# http_core: parts that need neither Boost nor CAF. http: the servers around it.
find_path(MSGPACK_INCLUDE_DIR msgpack.hpp REQUIRED)
find_path(NLOHMANN_JSON_INCLUDE_DIR nlohmann/json.hpp REQUIRED)

module(http TARGET http_core USES base e2ee mls turn sfu_signal)
target_include_directories(http_core SYSTEM PRIVATE ${MSGPACK_INCLUDE_DIR} ${NLOHMANN_JSON_INCLUDE_DIR})
target_compile_definitions(http_core PRIVATE MSGPACK_NO_BOOST)

if(NOT FUZZ)
  module(http/shell TARGET http USES http_core actors_sfu actors CAF::core Threads::Threads)
  target_compile_definitions(http PUBLIC BOOST_ASIO_SEPARATE_COMPILATION
    BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
  module(http/admin TARGET http_admin USES http)
endif()

include(${CMAKE_SOURCE_DIR}/http/embed.cmake OPTIONAL)
