# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_netwiz_global_optspecs
    string join \n p/profile= config= state= json q/quiet v/verbose color= no-progress no-input y/yes log-format= log-file= metrics-file= h/help V/version
end

function __fish_netwiz_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_netwiz_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_netwiz_using_subcommand
    set -l cmd (__fish_netwiz_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c netwiz -n "__fish_netwiz_needs_command" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_needs_command" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_needs_command" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_needs_command" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_needs_command" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_needs_command" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_needs_command" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_needs_command" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_needs_command" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_needs_command" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_needs_command" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_needs_command" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_needs_command" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_needs_command" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_needs_command" -f -a "sync" -d 'Bring entities up to date, incrementally'
complete -c netwiz -n "__fish_netwiz_needs_command" -f -a "pull" -d 'Bring records from NetSuite to WizCommerce'
complete -c netwiz -n "__fish_netwiz_needs_command" -f -a "push" -d 'Bring records from WizCommerce to NetSuite'
complete -c netwiz -n "__fish_netwiz_needs_command" -f -a "verify-credentials" -d 'Check secrets, connections, clocks and permissions of both sides'
complete -c netwiz -n "__fish_netwiz_needs_command" -f -a "status" -d 'Show where every flow stands'
complete -c netwiz -n "__fish_netwiz_needs_command" -f -a "runs" -d 'List runs, or show one'
complete -c netwiz -n "__fish_netwiz_needs_command" -f -a "failures" -d 'List the records that did not arrive, and try them again'
complete -c netwiz -n "__fish_netwiz_needs_command" -f -a "map" -d 'Show and mend the Internal-ID map: which record there is which record here'
complete -c netwiz -n "__fish_netwiz_needs_command" -f -a "query" -d 'Run a SuiteQL query and stream every row'
complete -c netwiz -n "__fish_netwiz_needs_command" -f -a "listen" -d 'Take WizCommerce\'s webhooks and push the records they name at once'
complete -c netwiz -n "__fish_netwiz_needs_command" -f -a "restlet" -d 'Print the SuiteScript that lets netwiz read saved searches'
complete -c netwiz -n "__fish_netwiz_needs_command" -f -a "config" -d 'Show or check the configuration'
complete -c netwiz -n "__fish_netwiz_needs_command" -f -a "sandbox" -d 'Run both remote systems, simulated, on this machine'
complete -c netwiz -n "__fish_netwiz_needs_command" -f -a "completions" -d 'Print a completion script'
complete -c netwiz -n "__fish_netwiz_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l since -d 'Look at changes since 2026-03-01, or since 2d ago' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l limit -d 'Stop after so many records; the cursor stays' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l max-failures -d 'Stop after more rejected records than this; the cursor stays' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l max-deactivate -d 'Refuse to switch off more records than this' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l if-locked -d 'What to do while another run holds the lock: fail, skip, wait or wait=DURATION' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l report -d 'Write a JSON line per record to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -s n -l dry-run -d 'Read, map and compare, but write nothing anywhere'
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l full -d 'Look at everything; the unchanged is still skipped'
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l linked -d 'Bring along what orders and documents are linked with'
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l detailed-exitcode -d 'With --dry-run: exit with 10 when there are changes'
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand sync" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l sku -d 'Name records by SKU' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l number -d 'Name records by document number' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l since -d 'Look at changes since 2026-03-01, or since 2d ago' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l limit -d 'Stop after so many records; the cursor stays' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l max-failures -d 'Stop after more rejected records than this; the cursor stays' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l max-deactivate -d 'Refuse to switch off more records than this' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l if-locked -d 'What to do while another run holds the lock: fail, skip, wait or wait=DURATION' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l report -d 'Write a JSON line per record to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -s n -l dry-run -d 'Read, map and compare, but write nothing anywhere'
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l full -d 'Look at everything; the unchanged is still skipped'
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l linked -d 'Bring along what orders and documents are linked with'
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l detailed-exitcode -d 'With --dry-run: exit with 10 when there are changes'
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand pull" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l number -d 'Name records by the number people know them by' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l since -d 'Look at changes since 2026-03-01, or since 2d ago' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l limit -d 'Stop after so many records; the cursor stays' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l max-failures -d 'Stop after more rejected records than this; the cursor stays' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l max-deactivate -d 'Refuse to switch off more records than this' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l if-locked -d 'What to do while another run holds the lock: fail, skip, wait or wait=DURATION' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l report -d 'Write a JSON line per record to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -s n -l dry-run -d 'Read, map and compare, but write nothing anywhere'
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l full -d 'Look at everything; the unchanged is still skipped'
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l linked -d 'Bring along what orders and documents are linked with'
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l detailed-exitcode -d 'With --dry-run: exit with 10 when there are changes'
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand push" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand verify-credentials" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand verify-credentials" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand verify-credentials" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand verify-credentials" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand verify-credentials" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand verify-credentials" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand verify-credentials" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand verify-credentials" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand verify-credentials" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand verify-credentials" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand verify-credentials" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand verify-credentials" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand verify-credentials" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand verify-credentials" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand verify-credentials" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand status" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand status" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand status" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand status" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand status" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand status" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand status" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand status" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand status" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand status" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand status" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand status" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand status" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand status" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -f -a "list" -d 'List the latest runs'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -f -a "show" -d 'Show one run'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and not __fish_seen_subcommand_from list show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -l limit -d 'How many' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from show" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from show" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from show" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from show" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from show" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from show" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from show" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the latest runs'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one run'
complete -c netwiz -n "__fish_netwiz_using_subcommand runs; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -f -a "list" -d 'List the records that did not arrive'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -f -a "show" -d 'Show one failure whole'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -f -a "retry" -d 'Try failures again now'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -f -a "dismiss" -d 'Forget failures; the record is taken up again when it changes'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and not __fish_seen_subcommand_from list show retry dismiss help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -l run -d 'Only those of one run' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from show" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from show" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from show" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from show" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from show" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from show" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from show" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -l all -d 'All of them'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from retry" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from dismiss" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from dismiss" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from dismiss" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from dismiss" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from dismiss" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from dismiss" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from dismiss" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from dismiss" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from dismiss" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from dismiss" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from dismiss" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from dismiss" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from dismiss" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from dismiss" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from dismiss" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the records that did not arrive'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one failure whole'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from help" -f -a "retry" -d 'Try failures again now'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from help" -f -a "dismiss" -d 'Forget failures; the record is taken up again when it changes'
complete -c netwiz -n "__fish_netwiz_using_subcommand failures; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -f -a "show" -d 'Show how one record is linked'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -f -a "set" -d 'Link two records by hand'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -f -a "forget" -d 'Remove the link of one record, and what hangs on it'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -f -a "rebuild" -d 'Make the links of a lost state file again, from both systems'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -f -a "export" -d 'Write out every link'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and not __fish_seen_subcommand_from show set forget rebuild export help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from show" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from show" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from show" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from show" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from show" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from show" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from show" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from set" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from set" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from set" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from set" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from set" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from set" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from set" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from set" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from set" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from set" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from set" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from set" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from forget" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from forget" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from forget" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from forget" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from forget" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from forget" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from forget" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from forget" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from forget" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from forget" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from forget" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from forget" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from forget" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from forget" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from forget" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -s n -l dry-run -d 'Show what would be linked, and link nothing'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from rebuild" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -l format -d 'The form of the links; a table on a terminal, else JSON lines' -r -f -a "table\t'Aligned columns'
jsonl\t'One JSON object per line'
csv\t'Comma separated values with a header'"
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from export" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show how one record is linked'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from help" -f -a "set" -d 'Link two records by hand'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from help" -f -a "forget" -d 'Remove the link of one record, and what hangs on it'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from help" -f -a "rebuild" -d 'Make the links of a lost state file again, from both systems'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from help" -f -a "export" -d 'Write out every link'
complete -c netwiz -n "__fish_netwiz_using_subcommand map; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -l key -d 'A unique numeric column of the result: read in parallel by its ranges' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -l format -d 'The form of the rows; a table on a terminal, else JSON lines' -r -f -a "table\t'Aligned columns'
jsonl\t'One JSON object per line'
csv\t'Comma separated values with a header'"
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand query" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -l bind -d 'Listen on this address and port; port 0 picks a free one' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand listen" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand restlet" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand restlet" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand restlet" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand restlet" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand restlet" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand restlet" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand restlet" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand restlet" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand restlet" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand restlet" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand restlet" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand restlet" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand restlet" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand restlet" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand restlet" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -f -a "show" -d 'Show every setting in use and where it comes from'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -f -a "path" -d 'Show where configuration, secrets and state are'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -f -a "check" -d 'Check the configuration of every profile'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and not __fish_seen_subcommand_from show path check help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from show" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from show" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from show" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from show" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from show" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from show" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from path" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from path" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from path" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from path" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from path" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from path" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from path" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from path" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from path" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from path" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from path" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from path" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from check" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from check" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from check" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from check" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from check" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from check" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from check" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from check" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from check" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show every setting in use and where it comes from'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "path" -d 'Show where configuration, secrets and state are'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check the configuration of every profile'
complete -c netwiz -n "__fish_netwiz_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -f -a "serve" -d 'Serve both systems until stopped, for other programs'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -f -a "seed" -d 'Fill the sandbox of the profile `sandbox` anew'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -f -a "edit" -d 'Change records in the NetSuite of the profile `sandbox`, as its people would'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -f -a "reset" -d 'Remove the sandbox\'s data and the state of the profile `sandbox`'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed edit reset help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l netsuite-port -d 'NetSuite\'s port; 0 picks a free one' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l wizcommerce-port -d 'WizCommerce\'s port; 0 picks a free one' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l latency-ms -d 'How long NetSuite takes for a request' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l wizcommerce-latency-ms -d 'How long WizCommerce takes for a request' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l concurrency-limit -d 'How many requests NetSuite takes at once' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l items -d 'Seed so many items' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l faults -d 'A script of misbehaviour, JSON' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l webhook-url -d 'Deliver WizCommerce\'s webhooks to this http address on this machine' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l webhook-secret -d 'What WizCommerce and the receiver of its webhooks share' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l webhook-style -d 'How WizCommerce proves a webhook genuine' -r -f -a "header\t'The secret itself, in the header webhook-secret'
signature\t'HMAC-SHA256 of the body in base64, in the header X-Wizcommerce-Signature'"
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l data -d 'Keep the data in this folder; without it, in memory' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l problems -d 'Add records that must be rejected, skipped or fixed'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l items -d 'How many sellable items' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l problems -d 'Add records that must be rejected, skipped or fixed, one per reason'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from edit" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from edit" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from edit" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from edit" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from edit" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from edit" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from edit" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from edit" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from edit" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from edit" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from edit" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from edit" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from edit" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from edit" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "serve" -d 'Serve both systems until stopped, for other programs'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "seed" -d 'Fill the sandbox of the profile `sandbox` anew'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Change records in the NetSuite of the profile `sandbox`, as its people would'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "reset" -d 'Remove the sandbox\'s data and the state of the profile `sandbox`'
complete -c netwiz -n "__fish_netwiz_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c netwiz -n "__fish_netwiz_using_subcommand completions" -s p -l profile -d 'Use this profile; `sandbox` needs no configuration' -r
complete -c netwiz -n "__fish_netwiz_using_subcommand completions" -l config -d 'Read the configuration from this file or folder' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand completions" -l state -d 'Keep the state in this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand completions" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c netwiz -n "__fish_netwiz_using_subcommand completions" -l log-format -d 'The form of log lines' -r -f -a "text\t'For people'
json\t'One JSON object per line'"
complete -c netwiz -n "__fish_netwiz_using_subcommand completions" -l log-file -d 'Append the log to this file' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand completions" -l metrics-file -d 'Write a Prometheus text file after a run' -r -F
complete -c netwiz -n "__fish_netwiz_using_subcommand completions" -l json -d 'Print one JSON document on stdout'
complete -c netwiz -n "__fish_netwiz_using_subcommand completions" -s q -l quiet -d 'Print nothing on success'
complete -c netwiz -n "__fish_netwiz_using_subcommand completions" -s v -l verbose -d 'Log more: -v what happens, -vv every request'
complete -c netwiz -n "__fish_netwiz_using_subcommand completions" -l no-progress -d 'Show no progress'
complete -c netwiz -n "__fish_netwiz_using_subcommand completions" -l no-input -d 'Never ask anything'
complete -c netwiz -n "__fish_netwiz_using_subcommand completions" -s y -l yes -d 'Answer every question with yes'
complete -c netwiz -n "__fish_netwiz_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c netwiz -n "__fish_netwiz_using_subcommand completions" -s V -l version -d 'Print version'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and not __fish_seen_subcommand_from sync pull push verify-credentials status runs failures map query listen restlet config sandbox completions help" -f -a "sync" -d 'Bring entities up to date, incrementally'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and not __fish_seen_subcommand_from sync pull push verify-credentials status runs failures map query listen restlet config sandbox completions help" -f -a "pull" -d 'Bring records from NetSuite to WizCommerce'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and not __fish_seen_subcommand_from sync pull push verify-credentials status runs failures map query listen restlet config sandbox completions help" -f -a "push" -d 'Bring records from WizCommerce to NetSuite'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and not __fish_seen_subcommand_from sync pull push verify-credentials status runs failures map query listen restlet config sandbox completions help" -f -a "verify-credentials" -d 'Check secrets, connections, clocks and permissions of both sides'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and not __fish_seen_subcommand_from sync pull push verify-credentials status runs failures map query listen restlet config sandbox completions help" -f -a "status" -d 'Show where every flow stands'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and not __fish_seen_subcommand_from sync pull push verify-credentials status runs failures map query listen restlet config sandbox completions help" -f -a "runs" -d 'List runs, or show one'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and not __fish_seen_subcommand_from sync pull push verify-credentials status runs failures map query listen restlet config sandbox completions help" -f -a "failures" -d 'List the records that did not arrive, and try them again'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and not __fish_seen_subcommand_from sync pull push verify-credentials status runs failures map query listen restlet config sandbox completions help" -f -a "map" -d 'Show and mend the Internal-ID map: which record there is which record here'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and not __fish_seen_subcommand_from sync pull push verify-credentials status runs failures map query listen restlet config sandbox completions help" -f -a "query" -d 'Run a SuiteQL query and stream every row'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and not __fish_seen_subcommand_from sync pull push verify-credentials status runs failures map query listen restlet config sandbox completions help" -f -a "listen" -d 'Take WizCommerce\'s webhooks and push the records they name at once'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and not __fish_seen_subcommand_from sync pull push verify-credentials status runs failures map query listen restlet config sandbox completions help" -f -a "restlet" -d 'Print the SuiteScript that lets netwiz read saved searches'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and not __fish_seen_subcommand_from sync pull push verify-credentials status runs failures map query listen restlet config sandbox completions help" -f -a "config" -d 'Show or check the configuration'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and not __fish_seen_subcommand_from sync pull push verify-credentials status runs failures map query listen restlet config sandbox completions help" -f -a "sandbox" -d 'Run both remote systems, simulated, on this machine'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and not __fish_seen_subcommand_from sync pull push verify-credentials status runs failures map query listen restlet config sandbox completions help" -f -a "completions" -d 'Print a completion script'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and not __fish_seen_subcommand_from sync pull push verify-credentials status runs failures map query listen restlet config sandbox completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from runs" -f -a "list" -d 'List the latest runs'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from runs" -f -a "show" -d 'Show one run'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from failures" -f -a "list" -d 'List the records that did not arrive'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from failures" -f -a "show" -d 'Show one failure whole'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from failures" -f -a "retry" -d 'Try failures again now'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from failures" -f -a "dismiss" -d 'Forget failures; the record is taken up again when it changes'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from map" -f -a "show" -d 'Show how one record is linked'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from map" -f -a "set" -d 'Link two records by hand'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from map" -f -a "forget" -d 'Remove the link of one record, and what hangs on it'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from map" -f -a "rebuild" -d 'Make the links of a lost state file again, from both systems'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from map" -f -a "export" -d 'Write out every link'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Show every setting in use and where it comes from'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "path" -d 'Show where configuration, secrets and state are'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Check the configuration of every profile'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "serve" -d 'Serve both systems until stopped, for other programs'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "seed" -d 'Fill the sandbox of the profile `sandbox` anew'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "edit" -d 'Change records in the NetSuite of the profile `sandbox`, as its people would'
complete -c netwiz -n "__fish_netwiz_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "reset" -d 'Remove the sandbox\'s data and the state of the profile `sandbox`'
