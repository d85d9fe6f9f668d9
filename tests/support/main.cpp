// CAF's unit-test engine brings main(); every suite links this file once.
#include <caf/test/unit_test_impl.hpp>
