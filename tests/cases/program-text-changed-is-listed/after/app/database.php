<?php return ["pool" => 20];
