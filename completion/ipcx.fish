# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for ipcx. It knows nothing itself: 'ipcx complete' does, from the program's own tables.

function __ipcx_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (command $words[1] complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path (commandline -ct)
            case ':users'
                __fish_complete_users
            case '*'
                printf '%s\n' $line
        end
    end
end

complete -c ipcx -f -a '(__ipcx_complete)'
