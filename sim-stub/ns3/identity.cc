#include "identity.h"

#include "base/version.h"

// Debian's ns-3 says which one it is; another need not.
#if __has_include(<ns3/version-defines.h>)
#include <ns3/version-defines.h>
#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define NS3_TOLD "-" TEXT(NS3_VERSION_MAJOR) "." TEXT(NS3_VERSION_MINOR)
#else
#define NS3_TOLD ""
#endif

const struct identity this_simulator = {
	.name = "ns3-sim",
	.version = UAV_VERSION "+ns" NS3_TOLD,
};
