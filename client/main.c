/*
 * certauthctl(1).
 */
#include "config.h"

#include "client/ctl.h"

int
main(int argc, char **argv)
{
	return ctl_run(argc, argv, stdout, stderr);
}
