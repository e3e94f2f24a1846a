#define BOOST_TEST_MODULE s3pipes
#include <boost/test/included/unit_test.hpp>
