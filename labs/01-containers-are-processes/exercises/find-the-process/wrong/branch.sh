#!/bin/bash
# The name alone does not say whose it is: this is the teller of the branch office.
{
    echo "machine: $(docker top branch -o pid,comm | awk '$2 == "teller" { print $1 }')"
    echo "container: $(docker exec branch ps | awk '/{teller}/ { print $1 }')"
} >~/answers/teller
